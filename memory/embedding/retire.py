"""Removing the vectors of a model that nobody searches any more."""

import time
from datetime import timedelta

from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform
from memory.embedding.models import SCHEDULE
from memory.models import EmbeddingModel, MemoryCount, MemoryEmbedding, ModelState

KEPT = timedelta(minutes=1)
"""A search that has begun with the model ends with it."""
MOST_AT_ONCE = 2_000
"""Rows of one transaction."""


def remove_retired(budget_seconds: float) -> int:
    """For so long; how many vectors were removed. A model without any is removed itself."""
    deadline = time.monotonic() + budget_seconds
    removed = 0
    for model in EmbeddingModel.objects.filter(state=ModelState.RETIRED, retired_at__lt=timezone.now() - KEPT):
        after = 0
        while time.monotonic() < deadline:
            ids = _remove_some(model, after)
            removed += len(ids)
            if not ids:
                _remove(model)
                break
            after = ids[-1]
    return removed


def _remove_some(model: EmbeddingModel, after: int) -> list[int]:
    """The rows that are gone, in order; `after` spares looking through those that went before."""
    with platform():
        rows = MemoryEmbedding.objects.filter(model=model, id__gt=after).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:MOST_AT_ONCE])
        MemoryEmbedding.objects.filter(id__in=ids)._raw_delete(MemoryEmbedding.objects.db)
    return ids


def _remove(model: EmbeddingModel) -> None:
    """No write makes rows of it any more, so none has come since."""
    with platform():
        MemoryCount.objects.filter(model=model)._raw_delete(MemoryCount.objects.db)
        record(
            tenant_id=None,
            actor=SCHEDULE.actor,
            action="embedding_model.removed",
            subject=f"embedding_model:{model.id}",
            detail={"name": model.name},
        )
        model.delete()
