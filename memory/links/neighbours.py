"""What a memory is linked to, near and not so near: one query, whatever the links are like.

It goes step by step, and after each keeps for every memory the best way there only. So it takes time for links, not
for ways: among memories that are all linked to one another a walk along every way would never end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection

from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from memory.access import Reach, reach_of
from memory.find import one_of, readable
from memory.intervals import Intervals
from memory.limits import MOST_HOPS, MOST_NEIGHBOURS, MOST_WALKED
from memory.links.find import DIRECTIONS, Direction
from memory.models import Memory

_ARMS = {"out": ("from_memory_id", "to_memory_id"), "in": ("to_memory_id", "from_memory_id")}
"""For each direction the columns of a link: where one is, and where it leads."""
_START = "step_0 AS (SELECT %(start)s::uuid AS id, 1::float8 AS weight, ARRAY[%(start)s::uuid] AS path)"
_STEP = """
step_{number} AS (
    SELECT id, weight, path FROM (
        SELECT DISTINCT ON (memory.id)
            memory.id, step.weight * link.weight AS weight, step.path || memory.id AS path
        FROM step_{before} AS step
        CROSS JOIN LATERAL ({links}) AS link
        JOIN memory_memory AS memory ON memory.id = link.there
        WHERE memory.tenant_id = %(tenant)s AND memory.id <> %(start)s AND memory.deleted_at IS NULL
          AND (memory.expires_at IS NULL OR memory.expires_at > statement_timestamp()) AND ({readable})
        ORDER BY memory.id, weight DESC, path
    ) AS best
    ORDER BY weight DESC, id LIMIT %(walked)s
)
"""
_LINKS = "SELECT {there} AS there, weight FROM memory_memorylink WHERE tenant_id = %(tenant)s AND {here} = step.id"
_FOUND = """
SELECT id, hops, weight, path FROM (
    SELECT DISTINCT ON (id) id, hops, weight, path FROM ({steps}) AS found ORDER BY id, weight DESC, hops
) AS nearest
ORDER BY weight DESC, hops, id LIMIT %(limit)s
"""
_Row: TypeAlias = tuple[UUID, int, float, list[UUID]]


@dataclass(frozen=True)
class Neighbour:
    memory: Memory
    hops: int
    weight: float
    """Of the links on the best way there, multiplied."""
    path: tuple[UUID, ...]
    """The memories on it: from where it begins, to this one."""


def neighbours(
    *,
    by: Actor,
    memory_id: UUID,
    hops: int = 1,
    types: Sequence[str] = (),
    direction: Direction = "both",
    limit: int = 20,
) -> list[Neighbour]:
    """The best first. No way leads over a memory that is not there, or that the caller may not read.

    `types`: only links of these; none: of all. Raises Forbidden, MemoryNotFound, Invalid with every fault.
    """
    _refuse_faulty(hops, direction, limit)
    reach = reach_of(by)
    start = one_of(readable(reach), memory_id)
    found = _walk(start, reach, hops, types, direction, limit)
    memories = {memory.id: memory for memory in readable(reach).filter(id__in=[row[0] for row in found])}
    return [Neighbour(memories[id_], far, weight, tuple(path)) for id_, far, weight, path in found if id_ in memories]


def _refuse_faulty(hops: int, direction: str, limit: int) -> None:
    faults = []
    if not 1 <= hops <= MOST_HOPS:
        faults.append(Fault("hops", f"Give 1 to {MOST_HOPS}."))
    if direction not in DIRECTIONS:
        faults.append(Fault("direction", f"Give one of {', '.join(DIRECTIONS)}."))
    if not 1 <= limit <= MOST_NEIGHBOURS:
        faults.append(Fault("limit", f"Give 1 to {MOST_NEIGHBOURS}."))
    if faults:
        raise Invalid(faults=faults)


def _walk(start: Memory, reach: Reach, hops: int, types: Sequence[str], direction: Direction, limit: int) -> list[_Row]:
    arms = _ARMS.values() if direction == "both" else (_ARMS[direction],)
    links = [
        _LINKS.format(here=here, there=there) + (" AND type = ANY(%(types)s)" if types else "") for here, there in arms
    ]
    readable_there, ends = _condition(reach.readable)
    numbers = range(1, hops + 1)
    steps = [
        _STEP.format(number=number, before=number - 1, links=" UNION ALL ".join(links), readable=readable_there)
        for number in numbers
    ]
    found = " UNION ALL ".join(f"SELECT {number} AS hops, * FROM step_{number}" for number in numbers)  # noqa: S608  numbers alone
    values: dict[str, Any] = {
        "start": start.id,
        "tenant": start.tenant_id,
        "types": list(types),
        "limit": limit,
        "walked": MOST_WALKED,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join([_START, *steps])} {_FOUND.format(steps=found)}", values | ends)
        rows: list[_Row] = cursor.fetchall()
    return rows


def _condition(intervals: Intervals) -> tuple[str, dict[str, str]]:
    """As `intervals.condition`, for a statement that is written by hand."""
    parts = [
        f"memory.namespace >= %(low_{number})s AND memory.namespace < %(high_{number})s"
        for number in range(len(intervals))
    ]
    ends = {f"low_{number}": interval.low for number, interval in enumerate(intervals)}
    ends |= {f"high_{number}": interval.high for number, interval in enumerate(intervals)}
    return " OR ".join(parts) or "FALSE", ends
