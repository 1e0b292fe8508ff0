"""Which lanes have something due, found by leaping through an index from lane to lane: no backlog is read."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from webhooks.queue.kinds import Kind

FIRST = (UUID(int=0), UUID(int=0))
"""Before all places."""

_DUE = """
    WITH RECURSIVE leap AS (
        ({next_after_start})
        UNION ALL
        SELECT following.tenant_id, following.lane
        FROM leap CROSS JOIN LATERAL ({next_after_leap}) AS following
    )
    SELECT leap.tenant_id, leap.lane, busy.count, due.count
    FROM leap
    CROSS JOIN LATERAL (
        SELECT {concurrency} AS concurrency FROM {lanes} AS lane
        WHERE lane.id = leap.lane AND lane.enabled AND lane.deleted_at IS NULL LIMIT 1
    ) AS own
    CROSS JOIN LATERAL (
        SELECT count(*) FROM {table}
        WHERE tenant_id = leap.tenant_id AND {lane}_id = leap.lane AND status = 'running'
    ) AS busy
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT 1 FROM {table}
            WHERE tenant_id = leap.tenant_id AND {lane}_id = leap.lane AND status = 'waiting' AND {condition}
                AND due_at <= statement_timestamp()
            ORDER BY due_at, id LIMIT GREATEST(own.concurrency - busy.count, 0)
        ) AS first
    ) AS due
    WHERE due.count > 0
    LIMIT %(most)s
"""
_NEXT = """
    SELECT tenant_id, {lane}_id AS lane FROM {table}
    WHERE status = 'waiting' AND {condition} AND {is_behind} ORDER BY {place} LIMIT 1
"""
# Compared with the whole of an index, as far as it goes: so one look leaps over a lane.
_PLACES = {
    True: ("{lane}_id", "{lane}_id > %(lane)s::uuid", "{lane}_id > leap.lane"),
    False: (
        "tenant_id, {lane}_id",
        "(tenant_id, {lane}_id) > (%(tenant)s::uuid, %(lane)s::uuid)",
        "(tenant_id, {lane}_id) > (leap.tenant_id, leap.lane)",
    ),
}


@dataclass(frozen=True)
class Lane:
    """A route or a subscription that may have more of its work done now."""

    tenant_id: UUID
    id: UUID
    running: int
    due: int
    """How many are due, and may run besides those that do."""

    @property
    def place(self) -> tuple[UUID, UUID]:
        return self.tenant_id, self.id


def due_lanes(kind: Kind, *, after: tuple[UUID, UUID], most: int) -> list[Lane]:
    """Up to so many, in the order of their places, from behind `after` once around. In the kind's scope."""
    found = _due(kind, after, most)
    if len(found) < most and after != FIRST:
        found += [lane for lane in _due(kind, FIRST, most - len(found)) if lane.place <= after]
    return found


def _due(kind: Kind, after: tuple[UUID, UUID], most: int) -> list[Lane]:
    names = {"table": kind.table, "lanes": kind.lanes_table, "lane": kind.lane, "condition": kind.condition}
    names["concurrency"] = kind.concurrency
    place, behind_start, behind_leap = (each.format(**names) for each in _PLACES[kind.tenant_id is not None])
    statement = _DUE.format(
        next_after_start=_NEXT.format(place=place, is_behind=behind_start, **names),
        next_after_leap=_NEXT.format(place=place, is_behind=behind_leap, **names),
        **names,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": after[0], "lane": after[1], "most": most})
        return [Lane(*row) for row in cursor.fetchall()]
