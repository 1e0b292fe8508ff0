"""How many events came and what became of their runs, over time: counted from the rows themselves.

There is no table of counters. Ids are UUIDs of version 7, so that an index which ends in the id tells the time, too:

* events: `webhook_event_by_source` (tenant, source, id, with the status), a range of it for each source;
* runs: `webhook_run_by_route` (tenant, route, id, with the status), a range of it for each route;
* rows that stand for several refusals: `webhook_event_floods`, which holds no others;
* time to effect: the newest runs of `webhook_run_by_tenant`.

The first three are read from the index alone. Each range ends after MOST_COUNTED rows, and what was counted is kept in
Redis for as long as counting takes a twentieth of a core at most.
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from accounts.ids import first_id_at
from registry.live import board

MOST_COUNTED = 100_000
"""Rows of one source, or of one route, that are looked at."""
SAMPLED = 2_000
"""Runs that the time to effect is taken from."""
KEPT_SECONDS = 1
SHARE = 20
"""What was counted is kept for so many times as long as it took."""

Value = TypeVar("Value", bound="list[Any]")


@dataclass(frozen=True)
class Window:
    """The time that is looked back at, in equal steps; the last one is still running."""

    name: str
    title: str
    step: timedelta
    steps: int

    def since(self, now: datetime) -> datetime:
        return datetime.fromtimestamp((self._number(now) - self.steps + 1) * self.step.total_seconds(), UTC)

    def place(self, milliseconds: int, now: datetime) -> int:
        """The step, from 0, that a moment is in."""
        return int(milliseconds // (self.step.total_seconds() * 1000)) - self._number(now) + self.steps - 1

    def _number(self, at: datetime) -> int:
        return int(at.timestamp() // self.step.total_seconds())


WINDOWS = {
    window.name: window
    for window in (
        Window("hour", "Last hour", timedelta(minutes=1), 60),
        Window("day", "Last 24 hours", timedelta(minutes=30), 48),
        Window("week", "Last 7 days", timedelta(hours=3), 56),
    )
}
DAY = WINDOWS["day"]

Step = Mapping[str, int]
"""How many there were of each status."""


@dataclass(frozen=True)
class Series:
    """What happened to one source, or on one route."""

    steps: tuple[Step, ...]
    is_whole: bool = True
    """False: there is more than was counted."""

    @property
    def total(self) -> Step:
        return added(self.steps)


@dataclass(frozen=True)
class TimeToEffect:
    """From receipt to the end of a run that succeeded, in milliseconds."""

    p50_ms: float
    p95_ms: float


# The milliseconds since 1970 are the first 48 bits of an id (RFC 9562, 5.7).
_STEP = "(('x' || replace(left(found.id::text, 13), '-', ''))::bit(48)::bigint / %(step)s) * %(step)s"

_COUNTED = """
SELECT owner.id::text, newest.step, newest.status, count(*)
FROM unnest(%(owners)s::uuid[]) AS owner (id)
CROSS JOIN LATERAL (
    SELECT {step} AS step, found.status
    FROM {table} AS found
    WHERE found.tenant_id = %(tenant)s AND found.{owner} = owner.id AND found.id >= %(since)s
    ORDER BY found.id DESC LIMIT %(most)s
) AS newest
GROUP BY 1, 2, 3
"""
_EVENTS = _COUNTED.format(step=_STEP, table="webhooks_webhookevent", owner="source_id")
_RUNS = _COUNTED.format(step=_STEP, table="webhooks_webhookrun", owner="route_id")
_FLOODS = f"""
SELECT found.source_id::text, {_STEP}, found.status, sum(found.count - 1)::bigint
FROM webhooks_webhookevent AS found
WHERE found.tenant_id = %(tenant)s AND found.id >= %(since)s AND found.count > 1
GROUP BY 1, 2, 3
"""  # noqa: S608  constants of this file
_TIMES = """
SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM finished_at - received_at))
FROM (
    SELECT run.status, run.finished_at, run.replay_id,
           to_timestamp(('x' || replace(left(run.event_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
               AS received_at
    FROM webhooks_webhookrun AS run
    WHERE run.tenant_id = %(tenant)s AND run.id >= %(since)s
    ORDER BY run.id DESC LIMIT %(sampled)s
) AS newest
WHERE status = 'succeeded' AND replay_id IS NULL
"""


def event_counts(tenant_id: UUID, sources: Iterable[UUID], window: Window, now: datetime) -> dict[UUID, Series]:
    """By source: accepted, duplicates, rejected and handshakes. Call it inside the tenant's scope."""
    owners = sorted(sources)

    def count() -> list[Any]:
        asked = _asked(tenant_id, owners, window, now)
        return [_rows(_EVENTS, asked), _rows(_FLOODS, asked)]

    counted, floods = _kept(_key("events", tenant_id, owners, window), count)
    return _series(owners, [*counted, *floods], window, now, reached=_reached(counted))


def run_counts(tenant_id: UUID, routes: Iterable[UUID], window: Window, now: datetime) -> dict[UUID, Series]:
    """By route, when the runs were made and what their status is now. Call it inside the tenant's scope."""
    owners = sorted(routes)
    key = _key("runs", tenant_id, owners, window)
    counted = _kept(key, lambda: _rows(_RUNS, _asked(tenant_id, owners, window, now)))
    return _series(owners, counted, window, now, reached=_reached(counted))


def time_to_effect(tenant_id: UUID, window: Window, now: datetime) -> TimeToEffect | None:
    """Of the newest runs; None where none succeeded. Call it inside the tenant's scope."""
    asked = {"tenant": tenant_id, "since": first_id_at(window.since(now)), "sampled": SAMPLED}
    ((percentiles,),) = _kept(_key("times", tenant_id, [], window), lambda: _rows(_TIMES, asked))
    return TimeToEffect(*percentiles) if percentiles else None


def added(steps: Iterable[Step]) -> Step:
    found: dict[str, int] = {}
    for step in steps:
        for status, number in step.items():
            found[status] = found.get(status, 0) + number
    return found


def together(series: Iterable[Series], window: Window) -> Series:
    """All of them as one."""
    listed = list(series)
    steps = tuple(added(each.steps[place] for each in listed) for place in range(window.steps))
    return Series(steps, is_whole=all(each.is_whole for each in listed))


def _asked(tenant_id: UUID, owners: Sequence[UUID], window: Window, now: datetime) -> dict[str, Any]:
    return {
        "tenant": tenant_id,
        "owners": owners,
        "since": first_id_at(window.since(now)),
        "step": int(window.step.total_seconds() * 1000),
        "most": MOST_COUNTED,
    }


def _rows(query: str, asked: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        return [list(row) for row in cursor.fetchall()]


def _reached(counted: Iterable[Sequence[Any]]) -> set[str]:
    """Those of which there is more than was counted."""
    totals: dict[str, int] = {}
    for owner, _, _, number in counted:
        totals[owner] = totals.get(owner, 0) + number
    return {owner for owner, number in totals.items() if number >= MOST_COUNTED}


def _series(
    owners: Iterable[UUID], counted: Iterable[Sequence[Any]], window: Window, now: datetime, *, reached: set[str]
) -> dict[UUID, Series]:
    steps: dict[str, list[dict[str, int]]] = {str(owner): [{} for _ in range(window.steps)] for owner in owners}
    for owner, milliseconds, status, number in counted:
        place = window.place(milliseconds, now)
        if owner in steps and 0 <= place < window.steps:
            steps[owner][place][status] = steps[owner][place].get(status, 0) + number
    return {owner: Series(tuple(steps[str(owner)]), str(owner) not in reached) for owner in owners}


def _key(what: str, tenant_id: UUID, owners: Sequence[UUID], window: Window) -> str:
    whose = sha256(b"".join(owner.bytes for owner in owners)).hexdigest()[:32]
    return f"webhooks:{what}:{tenant_id}:{whose}:{window.name}"


def _kept(key: str, count: Callable[[], Value]) -> Value:
    (kept,) = board.read([key])
    if kept is not None:
        known: Value = json.loads(kept)
        return known
    started = time.perf_counter()
    counted = count()
    seconds = max(KEPT_SECONDS, math.ceil(SHARE * (time.perf_counter() - started)))
    board.write({key: json.dumps(counted)}, seconds=seconds)
    return counted
