"""Which indexes a search may use. Asked in each search that is too large to be answered exactly."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from memory.models import IndexState, VectorIndex


@dataclass(frozen=True)
class IndexFacts:
    name: str
    rows: int
    """Vectors in it, as last counted: within seconds, or a minute while workers are away."""


@dataclass(frozen=True)
class Usable:
    own: IndexFacts | None
    """Over the tenant's vectors alone."""
    shared: IndexFacts | None
    """Over those of all tenants."""


def usable(*, tenant_id: UUID, model_id: int) -> Usable:
    """One query, in any scope: at most two rows of a small table.

    PostgreSQL takes such an index only for a query that says, in literals, what the index says of itself:
    `model_id = N AND status = 'ready'` and, of a tenant's own, `tenant_id = '…'`.
    """
    asked = Q(tenant_id=tenant_id) | Q(tenant_id=None)
    rows = VectorIndex.objects.filter(asked, model_id=model_id, state=IndexState.READY).order_by()
    found: dict[UUID | None, IndexFacts] = {
        tenant: IndexFacts(name, rows) for tenant, name, rows in rows.values_list("tenant_id", "name", "rows")
    }
    return Usable(own=found.get(tenant_id), shared=found.get(None))
