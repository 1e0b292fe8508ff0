"""What has not ended yet, all tenants together: a few looks into partial indexes that hold such rows only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from webhooks.models import WebhookDelivery, WebhookEvent, WebhookRun
from webhooks.models.event import Routing
from webhooks.models.queued import QueueStatus
from webhooks.models.route import Target

MOST_COUNTED = 100_000
"""Of each number: what is behind is as alarming, and is not to be read for it."""

UNROUTED = (Routing.WAITING, Routing.HELD)


@dataclass(frozen=True)
class Backlog:
    runs: Mapping[str, int]
    """By state: `waiting` for their time or for others, `due`, `running`, `dead`."""
    deliveries: Mapping[str, int]
    events: Mapping[str, int]
    """`waiting` to be routed, or `held`."""


def backlog(at: datetime) -> Backlog:
    """Call it inside the platform's scope."""
    return Backlog(
        runs=_queued(WebhookRun.objects.all(), at, [Q(target=target) for target in Target.values]),
        deliveries=_queued(WebhookDelivery.objects.all(), at, [Q()]),
        events={each.value: _count(WebhookEvent.objects.filter(routing=each)) for each in UNROUTED},
    )


def _queued(rows: QuerySet[Any], at: datetime, kinds: list[Q]) -> dict[str, int]:
    """Each of the kinds has an index of what waits."""
    waiting = [rows.filter(kind, status=QueueStatus.WAITING) for kind in kinds]
    later = Q(due_at__gt=at) | Q(due_at=None)
    return {
        "waiting": sum(_count(each.filter(later)) for each in waiting),
        "due": sum(_count(each.filter(due_at__lte=at)) for each in waiting),
        "running": _count(rows.filter(status=QueueStatus.RUNNING)),
        "dead": _count(rows.filter(status=QueueStatus.DEAD)),
    }


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()
