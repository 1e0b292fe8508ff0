"""Rows whose holder is gone: their lease has ended. The next one gets them, unless they seem to end their holders."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import leases
from accounts.tenancy import platform
from webhooks.models import WebhookDelivery, WebhookRun
from webhooks.models.queued import Cause, QueueStatus
from webhooks.queue.endings import give_up, take_away
from webhooks.queue.kinds import Kind
from webhooks.queue.types import Attempt, Taken

MOST_AT_ONCE = 500
MOST_LOST = 5
"""How many holders may let their lease end over a row before it is given up: it may be what ends them."""
CODE = "lease_ended"


def end_lost(kind: Kind, *, at: datetime | None = None) -> int:
    """Deal with every row of its table whose lease ended before `at`; returns how many there were."""
    with platform():
        if at is None and not leases.could_be_extended(settings.WEBHOOK_LEASE_SECONDS):
            return 0
        rows: QuerySet[Any] = kind.model.objects.filter(status=QueueStatus.RUNNING, lease_until__lt=at or Now())
        lost = list(rows.order_by("lease_until").select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        for row in lost:
            _deal_with(kind, row)
    return len(lost)


def _deal_with(kind: Kind, row: WebhookRun | WebhookDelivery) -> None:
    taken = Taken(kind, row.tenant_id, row.id, row.taken)
    held_since = row.taken_at or row.created_at
    detail = "Whoever had it was not heard of in time: its process may have ended."
    if row.lost + 1 < MOST_LOST:
        take_away(taken, Attempt(held_since, code=CODE, detail=detail))
        return
    detail = f"{detail} That was the {MOST_LOST}th time, so it was not given to another one. Redrive it to try again."
    give_up(taken, Attempt(held_since, code=CODE, detail=detail), Cause.OURS)
