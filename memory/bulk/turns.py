"""Whose turn it is: a worker takes the work that had its last turn longest ago, under a lease, for a bounded time.

Whoever takes it counts `taken` up, and each transaction of theirs begins with the row of that number, locked. So a
holder whose lease ended, and who is still there, writes nothing more; and one that was killed loses nothing that it
had written.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.leases import could_be_extended
from accounts.tenancy import platform, within
from memory.models import BulkStatus
from memory.models.bulk import Bulk

TURN_SECONDS = 20.0
"""After so long the worker goes on with other tasks, and another piece of work has its turn."""
LEASE = timedelta(seconds=60)
"""Without a word for so long, a holder is taken for gone."""
MOST_AT_ONCE = 2
"""Imports, and erasures, that all workers together have in hand: a worker has other tasks, too."""
MOST_LOST = 5
"""Holders in a row that end without having got anything done, before the work is given up."""

Work = TypeVar("Work", bound=Bulk)


@dataclass(frozen=True)
class Turn:
    tenant_id: UUID
    id: UUID
    taken: int
    until: float
    """By `time.monotonic`."""

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until


def take_turn(kind: type[Work], *, seconds: float = TURN_SECONDS, only: UUID | None = None) -> Turn | None:
    """The next piece of work; None: there is none, or enough are in hand. `only`: none but this one.

    What has lost MOST_LOST holders in a row is handed out with `lost` at that number: fail it.
    """
    with platform():
        now = timezone.now()
        rows = kind._default_manager.all()
        if only is None and rows.filter(status=BulkStatus.RUNNING, lease_until__gt=now).count() >= MOST_AT_ONCE:
            return None
        free = rows.filter(status__in=(BulkStatus.WAITING, BulkStatus.RUNNING)).filter(
            Q(lease_until=None) | Q(lease_until__lte=now)
        )
        chosen = free if only is None else free.filter(id=only)
        row = chosen.order_by("turn_at").select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        if row.lease_until is not None and could_be_extended(LEASE.total_seconds()):
            row.lost += 1
        row.status, row.taken, row.lease_until, row.turn_at = BulkStatus.RUNNING, row.taken + 1, now + LEASE, now
        row.started_at = row.started_at or now
        row.save(update_fields=["status", "taken", "lost", "lease_until", "turn_at", "started_at"])
    return Turn(row.tenant_id, row.id, row.taken, time.monotonic() + seconds)


def held(kind: type[Work], turn: Turn) -> Work | None:
    """The row, locked, in the tenant's scope; None: it is another's by now, or has ended."""
    rows = kind._default_manager.select_for_update(of=("self",))
    return rows.filter(id=turn.id, taken=turn.taken, status=BulkStatus.RUNNING).first()


def lease() -> datetime:
    return timezone.now() + LEASE


def give_back(kind: type[Work], turn: Turn) -> bool:
    """The turn is over. Whether there is more to do for another one."""
    with within(turn.tenant_id):
        mine = kind._default_manager.filter(id=turn.id, taken=turn.taken, status=BulkStatus.RUNNING)
        return bool(mine.update(lease_until=None, turn_at=timezone.now()))


def end(work: Bulk, status: BulkStatus, *, error: str = "") -> list[str]:
    """For good, in the transaction of its audit entry. The columns to be saved."""
    work.status, work.error, work.lease_until, work.finished_at = status, error, None, timezone.now()
    return ["status", "error", "lease_until", "finished_at"]
