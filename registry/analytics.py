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
from accounts.ids import first_id_at

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
# What ran is what its tool was asked for: refusals are quick and would flatter the latencies. A row of a flood of
# refusals stands for `count` calls.
_SELECT = """
SELECT {key} AS key, {measures}
FROM registry_execution
WHERE tenant_id = %(tenant)s AND id >= %(since_id)s AND id < %(until_id)s
  AND (%(tool)s = '' OR tool_slug = %(tool)s)
GROUP BY 1 ORDER BY {order} LIMIT {limit}
"""
_MEASURES = """
    sum(count) AS calls,
    coalesce(sum(count) FILTER (WHERE status = 'succeeded'), 0) AS succeeded,
    coalesce(sum(count) FILTER (WHERE status = 'failed'), 0) AS failed,
    coalesce(sum(count) FILTER (WHERE status = 'refused'), 0) AS refused,
    coalesce(sum(count) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
    coalesce(sum(count) FILTER (WHERE finished_at IS NULL), 0) AS unfinished,
    coalesce(sum(count) FILTER (WHERE cached), 0) AS cached,
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at) * 1000)
        FILTER (WHERE status IN ('succeeded', 'failed') AND run <= 1) AS milliseconds
"""


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
    calls: int
    succeeded: int
    failed: int
    refused: int
    cancelled: int
    unfinished: int
    cached: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @property
    def error_rate(self) -> float | None:
        """The share of failures among the calls that reached their tool; None: none did."""
        ran = self.succeeded + self.failed
        return round(self.failed / ran, 4) if ran else None


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
    return next(found, _nothing(""))


def measure_by(tenant_id: UUID, of: Stretch, by: By) -> list[Measured]:
    """The groups with the most calls, these first."""
    return list(_measured(tenant_id, of, _COLUMNS[by], order="calls DESC, key", limit=MOST_GROUPS))


def measure_over_time(tenant_id: UUID, of: Stretch, every: Every) -> list[Measured]:
    """One point after the other, those without calls included. Raises Invalid when there would be too many."""
    beginnings = _beginnings(of, _LENGTHS[every])
    column = f"to_char(date_trunc('{every}', started_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    found = {point.key: point for point in _measured(tenant_id, of, column, order="key", limit=MOST_POINTS + 1)}
    return [found.get(key) or _nothing(key) for key in beginnings]


def _beginnings(of: Stretch, length: timedelta) -> list[str]:
    seconds = length.total_seconds()
    first = datetime.fromtimestamp(of.since.timestamp() // seconds * seconds, UTC)
    number = -((first - of.until) // length)
    if number > MOST_POINTS:
        raise _refused("every", f"That would be {number} points; there may be {MOST_POINTS}. Ask for longer ones.")
    return [f"{first + length * index:%Y-%m-%dT%H:%M:%SZ}" for index in range(number)]


def _measured(tenant_id: UUID, of: Stretch, key: str, *, order: str, limit: int) -> Iterator[Measured]:
    query = _SELECT.format(key=key, measures=_MEASURES, order=order, limit=limit)
    values = {
        "tenant": tenant_id,
        "since_id": first_id_at(of.since),
        "until_id": first_id_at(of.until),
        "tool": of.tool,
    }
    for *counts, milliseconds in _bounded(query, values):
        yield Measured(*counts, *(round(each, 3) for each in milliseconds) if milliseconds else (None, None, None))


def _bounded(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
        try:
            cursor.execute(query, values)
        except OperationalError as error:
            raise _refused("since", "This is more than can be counted at once. Ask for a shorter time.") from error
        return list(cursor.fetchall())


def _nothing(key: str) -> Measured:
    return Measured(key, 0, 0, 0, 0, 0, 0, 0, None, None, None)


def _refused(parameter: str, message: str) -> Invalid:
    return Invalid("This stretch of time cannot be measured.", faults=[Fault(parameter, message)])
