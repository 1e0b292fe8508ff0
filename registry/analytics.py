"""How a stretch of time went, counted from the executions: in all, by what they had in common, and over time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone

from accounts.errors import Fault, Invalid
from registry.counts import BEGAN, COUNTS, NONE, SAYS_HOW_FAST, Counts, began_in

LONGEST = timedelta(days=92)
MOST_GROUPS = 200
MOST_POINTS = 1000
PATIENCE_MS = 10_000


class By(StrEnum):
    """What executions are grouped by."""

    TOOL = "tool"
    VERSION = "version"
    AGENT = "agent"
    STATUS = "status"
    CODE = "code"
    MODE = "mode"
    PROVIDER = "provider"


class Every(StrEnum):
    """How long a point of a series stands for."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


_COLUMNS: Mapping[By, str] = {
    By.TOOL: "tool_slug",
    By.VERSION: "tool_slug || '@' || version",
    By.AGENT: "coalesce((SELECT slug FROM accounts_agent WHERE id = registry_execution.agent_id), '')",
    By.STATUS: "status",
    By.CODE: "coalesce(error ->> 'code', '')",
    By.MODE: "mode",
    By.PROVIDER: "provider",
}
_LENGTHS: Mapping[Every, timedelta] = {
    Every.MINUTE: timedelta(minutes=1),
    Every.HOUR: timedelta(hours=1),
    Every.DAY: timedelta(days=1),
}
_SELECT = f"""
SELECT {{key}} AS key, {COUNTS},
    coalesce(sum(count) FILTER (WHERE cached), 0),
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at) * 1000)
        FILTER (WHERE {SAYS_HOW_FAST})
FROM registry_execution
WHERE {BEGAN} AND (%(tool)s = '' OR tool_slug = %(tool)s)
GROUP BY 1 ORDER BY {{order}} LIMIT {{limit}}
"""  # noqa: S608  constants of registry/counts.py


@dataclass(frozen=True)
class Stretch:
    """From `since` on, until just before `until`, of one tool or (empty) of all."""

    since: datetime
    until: datetime
    tool: str = ""


@dataclass(frozen=True)
class Measured:
    key: str
    """What these calls have in common; for a series the point's beginning."""
    counts: Counts = NONE
    cached: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


def stretch(since: datetime | None, until: datetime | None, tool: str = "") -> Stretch:
    """The last 24 hours unless told otherwise. Raises Invalid for one that ends before it begins, or is too long."""
    until = until or timezone.now()
    since = since or until - timedelta(days=1)
    if since >= until:
        raise _refused("since", "This is not before `until`. Swap the two.")
    if until - since > LONGEST:
        raise _refused("since", f"This is longer than {LONGEST.days} days. Ask for a part at a time.")
    return Stretch(since, until, tool)


def measure(tenant_id: UUID, of: Stretch) -> Measured:
    """All calls of the stretch together. Call these three inside the tenant's scope."""
    found = _measured(tenant_id, of, "''", order="1", limit=1)
    return next(found, Measured(""))


def measure_by(tenant_id: UUID, of: Stretch, by: By) -> list[Measured]:
    """The groups with the most calls, these first."""
    return list(_measured(tenant_id, of, _COLUMNS[by], order="sum(count) DESC, key", limit=MOST_GROUPS))


def measure_over_time(tenant_id: UUID, of: Stretch, every: Every) -> list[Measured]:
    """One point after the other, those without calls included. Raises Invalid when there would be too many."""
    beginnings = _beginnings(of, _LENGTHS[every])
    column = f"to_char(date_trunc('{every}', started_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    found = {point.key: point for point in _measured(tenant_id, of, column, order="key", limit=MOST_POINTS + 1)}
    return [found.get(key) or Measured(key) for key in beginnings]


def _beginnings(of: Stretch, length: timedelta) -> list[str]:
    seconds = length.total_seconds()
    first = datetime.fromtimestamp(of.since.timestamp() // seconds * seconds, UTC)
    number = -((first - of.until) // length)
    if number > MOST_POINTS:
        raise _refused("every", f"That would be {number} points; there may be {MOST_POINTS}. Ask for longer ones.")
    return [f"{first + length * index:%Y-%m-%dT%H:%M:%SZ}" for index in range(number)]


def _measured(tenant_id: UUID, of: Stretch, key: str, *, order: str, limit: int) -> Iterator[Measured]:
    query = _SELECT.format(key=key, order=order, limit=limit)
    values = began_in(tenant_id, of.since, of.until) | {"tool": of.tool}
    for found, *counts, cached, milliseconds in _bounded(query, values):
        yield Measured(found, Counts(*counts), cached, *(round(each, 3) for each in milliseconds or ()))


def _bounded(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
        try:
            cursor.execute(query, values)
        except OperationalError as error:
            raise _refused("since", "This is more than can be counted at once. Ask for a shorter time.") from error
        return list(cursor.fetchall())


def _refused(parameter: str, message: str) -> Invalid:
    return Invalid("This stretch of time cannot be measured.", faults=[Fault(parameter, message)])
