"""Calls by how they ended, and which of them say how fast their tool is: the rules of dashboard and analytics."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.ids import first_id_at

ID_MARGIN = timedelta(seconds=5)
"""An execution's id is made a moment before its clock starts."""

# One range of the index on (tenant, id), because ids sort by time.
BEGAN = """
    tenant_id = %(tenant)s AND id >= %(since_id)s AND id < %(until_id)s
    AND started_at >= %(since)s AND started_at < %(until)s
"""
# In the order of the fields of Counts. A row of a flood of refusals stands for `count` calls.
COUNTS = """
    coalesce(sum(count) FILTER (WHERE status = 'succeeded'), 0),
    coalesce(sum(count) FILTER (WHERE status = 'failed'), 0),
    coalesce(sum(count) FILTER (WHERE status = 'refused'), 0),
    coalesce(sum(count) FILTER (WHERE status = 'cancelled'), 0),
    coalesce(sum(count) FILTER (WHERE status IN ('pending', 'running')), 0)
"""
# What ran is what its tool was asked for: refusals are quick and would flatter the latencies. One that was taken up
# again (run > 1) waited for a person or after a crash: how long says nothing about its tool.
SAYS_HOW_FAST = "status IN ('succeeded', 'failed') AND run <= 1"


@dataclass(frozen=True)
class Counts:
    """Calls by how they ended."""

    succeeded: int = 0
    failed: int = 0
    refused: int = 0
    cancelled: int = 0
    unfinished: int = 0

    @property
    def total(self) -> int:
        return self.succeeded + self.failed + self.refused + self.cancelled + self.unfinished

    @property
    def ran(self) -> int:
        """Those that reached their tool and ended there."""
        return self.succeeded + self.failed

    @property
    def error_rate(self) -> float | None:
        """The share of failures among those that ran; None: none did."""
        return self.failed / self.ran if self.ran else None

    @property
    def as_dict(self) -> dict[str, int]:
        return {"total": self.total, **self.__dict__}


NONE = Counts()


def added(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(column) for column in zip(astuple(NONE), *map(astuple, counts), strict=True)))


def began_in(tenant_id: UUID, since: datetime, until: datetime) -> dict[str, Any]:
    """The values of BEGAN. The id of a counted refusal is of the beginning of its minute."""
    first_minute = since.replace(second=0, microsecond=0)
    return {
        "tenant": tenant_id,
        "since_id": first_id_at(first_minute - ID_MARGIN),
        "until_id": first_id_at(until),
        "since": since,
        "until": until,
    }
