"""The dashboard's numbers for one tenant: a handful of bounded queries on existing indexes, kept for a second."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.ids import first_id_at
from registry.counts import SAYS_HOW_FAST, Counts, added
from registry.live import board
from registry.live.tally import Tally, tally
from registry.models import Tool
from registry.models.health import HealthStatus

KEPT_SECONDS = 1
RECENT_MINUTES = 15
"""What the error rate and the latencies look back at."""
SAMPLED = 1000
"""Executions that the latencies are taken from, at most."""
DEAR_SECONDS = 0.05
"""What counting the tools may cost each time."""
TOTAL = "total"

# Only the newest rows of one index range are read. A step that an execution did not reach does not count for it.
_LATENCIES = f"""
WITH recent AS (
    SELECT status, run, timings, extract(epoch FROM finished_at - started_at) * 1000000 AS microseconds
    FROM registry_execution
    WHERE tenant_id = %s AND id >= %s AND finished_at IS NOT NULL
    ORDER BY id DESC LIMIT %s
), measured AS (
    SELECT key AS step, value::float8 AS microseconds FROM recent, jsonb_each_text(timings)
    UNION ALL SELECT %s, microseconds FROM recent WHERE {SAYS_HOW_FAST}
)
SELECT step, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY microseconds) FROM measured GROUP BY step
"""  # noqa: S608  constants of registry/counts.py


@dataclass(frozen=True)
class Latency:
    """In milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True)
class Numbers:
    at: datetime
    tally: Tally
    latencies: Mapping[str, Latency]
    """By step, and of the whole call under `total`. Without those that nothing was measured of lately."""
    tools: Mapping[str, int]
    """Living and enabled tools by their health."""

    @property
    def calls_last_minute(self) -> int:
        """Of the last whole minute: the running one would always be too few."""
        return self.tally.minutes[-2].total

    @property
    def recent(self) -> Counts:
        return added(self.tally.minutes[-RECENT_MINUTES:])

    @property
    def error_rate(self) -> float | None:
        """The share of failures among the calls that reached their tool lately; None: there were none."""
        return self.recent.error_rate

    @property
    def total(self) -> Latency | None:
        return self.latencies.get(TOTAL)

    @property
    def counters(self) -> dict[str, Any]:
        """As a frame carries them."""
        return {
            "today": self.tally.today.as_dict,
            "today_is_whole": self.tally.today_is_whole,
            "calls_last_minute": self.calls_last_minute,
            "error_rate": self.error_rate,
            "p50_ms": self.total and self.total.p50,
            "p95_ms": self.total and self.total.p95,
        }


def numbers(tenant_id: UUID) -> Numbers:
    """Call it inside the tenant's scope. All processes share what one of them counted less than a second ago."""
    (kept,) = board.read([_key(tenant_id)])
    return fresh_numbers(tenant_id) if kept is None else _from_text(kept)


def fresh_numbers(tenant_id: UUID) -> Numbers:
    """The same, counted now: for telling what has just happened."""
    found = _counted(tenant_id, timezone.now())
    board.write({_key(tenant_id): _as_text(found)}, seconds=KEPT_SECONDS)
    return found


def _key(tenant_id: UUID) -> str:
    return f"numbers:{tenant_id}"


def _counted(tenant_id: UUID, now: datetime) -> Numbers:
    return Numbers(
        at=now, tally=tally(tenant_id, now), latencies=_latencies(tenant_id, now), tools=_tools_by_health(tenant_id)
    )


def _latencies(tenant_id: UUID, now: datetime) -> dict[str, Latency]:
    since = first_id_at(now - timedelta(minutes=RECENT_MINUTES))
    with connection.cursor() as cursor:
        cursor.execute(_LATENCIES, [tenant_id, since, SAMPLED, TOTAL])
        return {step: Latency(round(p50 / 1000, 3), round(p95 / 1000, 3)) for step, (p50, p95) in cursor.fetchall()}


def _tools_by_health(tenant_id: UUID) -> dict[str, int]:
    """Counted each time. Of very many tools the count is kept: it takes a twentieth of a core at most."""
    key = f"tools:{tenant_id}"
    (kept,) = board.read([key])
    if kept is not None:
        known: dict[str, int] = json.loads(kept)
        return known
    started = time.perf_counter()
    counted = _counted_by_health()
    cost = time.perf_counter() - started
    if cost > DEAR_SECONDS:
        board.write({key: json.dumps(counted)}, seconds=math.ceil(20 * cost))
    return counted


def _counted_by_health() -> dict[str, int]:
    rows = Tool.objects.living().filter(enabled=True).order_by().values_list("health__status").annotate(Count("id"))
    found = {status or HealthStatus.UNKNOWN.value: count for status, count in rows}
    return {status: found.get(status, 0) for status in HealthStatus.values}


def _as_text(found: Numbers) -> str:
    return json.dumps(
        {
            "at": found.at.isoformat(),
            "minutes": [astuple(counts) for counts in found.tally.minutes],
            "today": astuple(found.tally.today),
            "today_is_whole": found.tally.today_is_whole,
            "latencies": {step: astuple(latency) for step, latency in found.latencies.items()},
            "tools": found.tools,
        }
    )


def _from_text(text: bytes) -> Numbers:
    kept = json.loads(text)
    return Numbers(
        at=datetime.fromisoformat(kept["at"]),
        tally=Tally(
            minutes=tuple(Counts(*counts) for counts in kept["minutes"]),
            today=Counts(*kept["today"]),
            today_is_whole=kept["today_is_whole"],
        ),
        latencies={step: Latency(*latency) for step, latency in kept["latencies"].items()},
        tools=kept["tools"],
    )
