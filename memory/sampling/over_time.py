"""How recall went, step by step, for a chart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Avg, Count, Min
from django.db.models.functions import Trunc

from memory.models import RecallSample


@dataclass(frozen=True)
class Sampled:
    """The samples of one step."""

    samples: int
    mean: float
    lowest: float


def recall_over_time(*, since: datetime, step: Literal["minute", "hour"]) -> dict[datetime, Sampled]:
    """In a tenant's scope, by when each step began; those without a sample are left out. One query."""
    rows = RecallSample.objects.filter(at__gte=since).order_by()
    steps = rows.annotate(step=Trunc("at", step)).values("step")
    found = steps.annotate(samples=Count("id"), mean=Avg("recall"), lowest=Min("recall"))
    return {row["step"]: Sampled(row["samples"], row["mean"], row["lowest"]) for row in found}
