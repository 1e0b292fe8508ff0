"""Which lanes have something due, found by leaping through an index from lane to lane: no backlog is read."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from webhooks.queue.kinds import Kind

FIRST = (UUID(int=0), UUID(int=0))
"""Before all places."""

_DUE = """
    WITH RECURSIVE leap AS (
        ({next} (%(tenant)s::uuid, %(lane)s::uuid) {first})
        UNION ALL
        SELECT following.tenant_id, following.lane
        FROM leap CROSS JOIN LATERAL ({next} (leap.tenant_id, leap.lane) {first}) AS following
    )
    SELECT leap.tenant_id, leap.lane, busy.count, due.count
    FROM leap
    CROSS JOIN LATERAL (
        SELECT concurrency FROM {lanes} WHERE id = leap.lane AND enabled AND deleted_at IS NULL LIMIT 1
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
            LIMIT GREATEST(own.concurrency - busy.count, 0)
        ) AS first
    ) AS due
    WHERE due.count > 0
    LIMIT %(most)s
"""
_NEXT = """
    SELECT tenant_id, {lane}_id AS lane FROM {table}
    WHERE status = 'waiting' AND {condition} AND (tenant_id, {lane}_id) >
"""
_FIRST = "ORDER BY tenant_id, {lane}_id LIMIT 1"


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
    """Up to so many, in the order of their places, from behind `after` once around. In the platform's scope."""
    found = _due(kind, after, most)
    if len(found) < most and after != FIRST:
        found += [lane for lane in _due(kind, FIRST, most - len(found)) if lane.place <= after]
    return found


def _due(kind: Kind, after: tuple[UUID, UUID], most: int) -> list[Lane]:
    names = {"table": kind.table, "lanes": kind.lanes_table, "lane": kind.lane, "condition": kind.condition}
    statement = _DUE.format(next=_NEXT.format(**names), first=_FIRST.format(**names), **names)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": after[0], "lane": after[1], "most": most})
        return [Lane(*row) for row in cursor.fetchall()]
