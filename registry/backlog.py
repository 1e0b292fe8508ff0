"""What has not ended yet, all tenants together: a few looks into partial indexes that hold unfinished rows only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.db.models.functions import Coalesce

from registry.models import Execution
from registry.models.execution import Status, WaitsFor

RUNNING = "nothing"
"""What a running execution waits for."""


@dataclass(frozen=True)
class Backlog:
    unfinished: Mapping[str, int]
    """Executions by what they wait for: a worker, an approval, or nothing, because they run."""
    overdue_seconds: float
    """For how long the one that should have been taken up first has waited; 0: none waits."""


def backlog(at: datetime) -> Backlog:
    """Call it inside the platform's scope."""
    pending = Execution.objects.filter(status=Status.PENDING)
    waiting = dict(pending.order_by().values_list("waits_for").annotate(Count("id")))
    first = Execution.objects.due(at).aggregate(at=Min(Coalesce("due_at", "started_at")))["at"]
    return Backlog(
        unfinished={
            RUNNING: Execution.objects.filter(status=Status.RUNNING).count(),
            **{each.value: waiting.get(each, 0) for each in WaitsFor},
        },
        overdue_seconds=max(0.0, (at - first).total_seconds()) if first else 0.0,
    )
