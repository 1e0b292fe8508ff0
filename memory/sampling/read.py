"""What the samples say: recall by tenant and index over a while."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Avg, Count, Min, Q

from memory.models import RecallSample
from memory.sampling.offer import ENOUGH


@dataclass(frozen=True)
class Recall:
    tenant_id: UUID
    route: str
    index: str
    samples: int
    mean: float
    lowest: float
    low: int
    """Samples with less than ENOUGH."""
    ann_ms: float
    """On average."""
    exact_ms: float


def read_recall(*, since: datetime) -> list[Recall]:
    """In a tenant's scope that tenant's, in the platform's everybody's; those with the worst mean first."""
    rows = RecallSample.objects.filter(at__gte=since).order_by().values("tenant_id", "route", "index")
    found = rows.annotate(
        samples=Count("id"),
        mean=Avg("recall"),
        lowest=Min("recall"),
        low=Count("id", filter=Q(recall__lt=ENOUGH)),
        mean_ann=Avg("ann_ms"),
        mean_exact=Avg("exact_ms"),
    )
    return [
        Recall(
            tenant_id=row["tenant_id"],
            route=row["route"],
            index=row["index"],
            samples=row["samples"],
            mean=row["mean"],
            lowest=row["lowest"],
            low=row["low"],
            ann_ms=row["mean_ann"],
            exact_ms=row["mean_exact"],
        )
        for row in found.order_by("mean", "tenant_id", "index")
    ]
