"""How the indexes over vectors are, for metrics."""

from django.db.models import Count

from memory.models import IndexState, VectorIndex


def count_states() -> dict[str, int]:
    """How many indexes are in each state, of all tenants and models."""
    found = VectorIndex.objects.order_by().values_list("state").annotate(number=Count("id"))
    return {**dict.fromkeys(IndexState.values, 0), **dict(found)}
