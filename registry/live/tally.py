"""How many calls each minute had and how they ended, counted from the executions.

A minute that hardly changes any more is counted once and kept in Redis, so that a refresh reads the newest minutes
only, and those in which a call ended that had waited, for a person for example. After Redis was lost the day is counted
again; where that is very much, from the newest hours back, a part at a time.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum
from django.db.models.functions import TruncMinute

from accounts.ids import first_id_at
from registry.counts import BEGAN, COUNTS, ID_MARGIN, NONE, Counts, added, began_in
from registry.live import board
from registry.models import Execution
from registry.models.execution import Status

CHARTED = 60
"""Minutes in the chart, the running one included."""
SETTLED_AFTER = 11
"""Minutes after which all executions of a minute have ended but those that wait: the longest timeout, and a margin."""
FIRST_BLOCK = 120
"""Settled minutes that are counted in one query; twice as many in the next."""
CALLS_AT_ONCE = 100_000
"""A refresh that has counted so many leaves the rest to the next one."""
KEPT_SECONDS = 26 * 3600
KEPT_UNSETTLED_SECONDS = 10
"""How long a minute that is over, but not settled, is taken as it was counted."""

_BY_MINUTE = f"""
SELECT date_trunc('minute', started_at), {COUNTS} FROM registry_execution WHERE {BEGAN} GROUP BY 1
"""  # noqa: S608  constants of registry/counts.py


@dataclass(frozen=True)
class Tally:
    minutes: tuple[Counts, ...]
    """The charted ones, oldest first; the last is still running."""
    today: Counts
    """Since midnight UTC."""
    today_is_whole: bool
    """False while earlier hours are still being counted."""


def tally(tenant_id: UUID, now: datetime) -> Tally:
    """Call it inside the tenant's scope."""
    current = _minute(now)
    midnight = _minute(now.replace(hour=0, minute=0, second=0, microsecond=0))
    wanted = range(min(midnight, current - CHARTED + 1), current + 1)
    known = _kept(tenant_id, wanted)
    for minute in _outdated(known, current):
        del known[minute]
    missing = [minute for minute in wanted if minute not in known]
    young = [minute for minute in missing if minute > current - SETTLED_AFTER]
    old = [minute for minute in missing if minute <= current - SETTLED_AFTER]
    known |= _counted(tenant_id, young, current)
    left = _count_back(tenant_id, old, current, known)
    return Tally(
        minutes=tuple(known.get(minute, NONE) for minute in wanted[-CHARTED:]),
        today=added(known.get(minute, NONE) for minute in range(midnight, current + 1)),
        today_is_whole=not left,
    )


def _count_back(tenant_id: UUID, old: list[int], current: int, known: dict[int, Counts]) -> list[int]:
    """Add the counts of these minutes to the known ones, the newest first; returns those that are left."""
    calls, size, runs = 0, FIRST_BLOCK, _runs(old)
    while runs and calls < CALLS_AT_ONCE:
        run = runs.pop()
        if run[:-size]:
            runs.append(run[:-size])
        counted = _counted(tenant_id, run[-size:], current)
        known |= counted
        calls, size = calls + added(counted.values()).total, size + len(counted)
    return [minute for run in runs for minute in run]


def _runs(minutes: Iterable[int]) -> list[list[int]]:
    """Those that follow one another, together: what lies between need not be counted."""
    by_distance = groupby(enumerate(minutes), lambda place: place[1] - place[0])
    return [[minute for _, minute in run] for _, run in by_distance]


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _kept(tenant_id: UUID, minutes: range) -> dict[int, Counts]:
    kept = board.read([_key(tenant_id, minute) for minute in minutes])
    return {
        minute: Counts(*map(int, value.split()))
        for minute, value in zip(minutes, kept, strict=True)
        if value is not None
    }


def _outdated(known: dict[int, Counts], current: int) -> list[int]:
    """Settled minutes of which an execution has ended since they were counted."""
    waited = {minute: counts.unfinished for minute, counts in known.items() if minute <= current - SETTLED_AFTER}
    waited = {minute: number for minute, number in waited.items() if number}
    if not waited:
        return []
    # Written as two, each finds its index of unfinished rows.
    unfinished = Execution.objects.filter(Q(status=Status.PENDING) | Q(status=Status.RUNNING))
    since = first_id_at(_start_of(min(waited)) - ID_MARGIN)
    rows = unfinished.filter(id__gte=since).order_by().values_list(TruncMinute("started_at"))
    wait = {_minute(at): calls for at, calls in rows.annotate(calls=Sum("count"))}
    return [minute for minute, number in waited.items() if wait.get(minute, 0) != number]


def _counted(tenant_id: UUID, minutes: list[int], current: int) -> dict[int, Counts]:
    """Count these minutes, and what lies between them, and keep what is over."""
    counted = _from_postgresql(tenant_id, minutes[0], minutes[-1])
    settled = {minute: counts for minute, counts in counted.items() if minute <= current - SETTLED_AFTER}
    over = {minute: counts for minute, counts in counted.items() if current - SETTLED_AFTER < minute < current}
    for kept, seconds in ((settled, KEPT_SECONDS), (over, KEPT_UNSETTLED_SECONDS)):
        board.write(
            {_key(tenant_id, minute): " ".join(map(str, astuple(counts))) for minute, counts in kept.items()},
            seconds=seconds,
        )
    return counted


def _from_postgresql(tenant_id: UUID, first: int, last: int) -> dict[int, Counts]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_MINUTE, began_in(tenant_id, _start_of(first), _start_of(last + 1)))
        counted = {_minute(at): Counts(*counts) for at, *counts in cursor.fetchall()}
    return {minute: counted.get(minute, NONE) for minute in range(first, last + 1)}


def _start_of(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _key(tenant_id: UUID, minute: int) -> str:
    return f"minute:{tenant_id}:{minute}"
