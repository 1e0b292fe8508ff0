"""Rows that have nobody any more.

Where the holder is gone, the lease has ended: the next one gets them, later each time, unless they seem to end their
holders. Where the lane was removed just as they were let wait, nobody would ever take them: they are cancelled.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import leases
from accounts.tenancy import platform
from webhooks.models import WebhookDelivery, WebhookRun
from webhooks.models.queued import Cause, QueueStatus
from webhooks.queue.endings import GONE, give_up, take_away
from webhooks.queue.kinds import Kind
from webhooks.queue.types import Attempt, Taken

MOST_AT_ONCE = 500
PAUSES = (timedelta(0), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
"""Before a row goes to the next holder, by how many have let their lease end over it before: it may be what ends them,
and is to end no more of them than it must while others have work to do.
"""
MOST_LOST = len(PAUSES) + 1
"""Then it is given up."""
CODE = "lease_ended"
LOOK_FIRST = "It may have had its effect, and is not safe to repeat. Look at the service before redriving it."

# Whoever lets something wait does not lock its lane; a day is far longer than they take.
_CANCEL = """
    UPDATE {table} SET status = 'cancelled', finished_at = statement_timestamp(), detail = %s
    WHERE status = 'waiting' AND {condition} AND (tenant_id, {lane}_id) IN (
        SELECT tenant_id, id FROM {lanes} WHERE deleted_at > statement_timestamp() - interval '1 day'
    )
"""


def end_lost(kind: Kind, *, at: datetime | None = None, may_repeat: Callable[[Any], bool] = lambda row: True) -> int:
    """Deal with every row of its table whose lease ended before `at`; returns how many there were.

    `may_repeat` is asked of one that is given up: whether doing it twice would do no harm.
    """
    with platform():
        if at is None and not leases.could_be_extended(settings.WEBHOOK_LEASE_SECONDS):
            return 0
        rows: QuerySet[Any] = kind.model.objects.filter(status=QueueStatus.RUNNING, lease_until__lt=at or Now())
        lost = list(rows.order_by("lease_until").select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        for row in lost:
            _deal_with(kind, row, may_repeat)
    return len(lost)


def cancel_stranded(kind: Kind) -> int:
    """Those that wait for a lane which was removed meanwhile; how many there were."""
    names = {"table": kind.table, "lanes": kind.lanes_table, "lane": kind.lane, "condition": kind.condition}
    with platform(), connection.cursor() as cursor:
        cursor.execute(_CANCEL.format(**names), [GONE])
        return int(cursor.rowcount)


def _deal_with(kind: Kind, row: WebhookRun | WebhookDelivery, may_repeat: Callable[[Any], bool]) -> None:
    taken = Taken(kind, row.tenant_id, row.id, row.taken)
    held_since = row.taken_at or row.created_at
    detail = "Whoever had it was not heard of in time: its process may have ended."
    if row.lost + 1 < MOST_LOST:
        take_away(taken, Attempt(held_since, code=CODE, detail=detail), PAUSES[row.lost])
        return
    then = "Redrive it to try again." if may_repeat(row) else LOOK_FIRST
    detail = f"{detail} That was the {MOST_LOST}th time, so it was not given to another one. {then}"
    give_up(taken, Attempt(held_since, code=CODE, detail=detail), Cause.OURS)
