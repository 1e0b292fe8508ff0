"""Taking what is due, for this process: never more of a lane than may run at once, whoever else takes of it.

A lane is locked while something of it is taken. A worker leaves one that somebody else has locked to them; an agent
that asks waits for it, so that it is never told that there is nothing while there is something.

Where rows wait for each other, only the first of each order key is taken. One that is behind another is set aside
(`due_at` null), so that nobody looks at it again until the one before it has ended: `webhooks/queue/order.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from webhooks.queue.kinds import Kind
from webhooks.queue.lanes import Lane
from webhooks.queue.types import Taken

LOOKED_THROUGH = 20
"""How many rows of an ordered lane are looked at for each that may be taken."""

_LOCK = "SELECT id FROM {lanes} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE {or_else}"
# A statement of its own, after the lock: its snapshot has what others have taken of the lane before.
_TAKE = """
    WITH free AS (
        SELECT lane.id, lane.tenant_id, {looked_through} AS looked_through, LEAST(wanted.count, {concurrency} - (
            SELECT count(*) FROM {table}
            WHERE tenant_id = lane.tenant_id AND {lane}_id = lane.id AND status = 'running'
        )) AS count
        FROM unnest(%(lanes)s::uuid[], %(counts)s::int[]) AS wanted (id, count) JOIN {lanes} AS lane USING (id)
        WHERE lane.enabled AND lane.deleted_at IS NULL
    ), found AS (
        SELECT due.*, free.count FROM free CROSS JOIN LATERAL (
            SELECT id, tenant_id, due_at, {lane}_id AS lane, {order_key} AS order_key FROM {table}
            WHERE tenant_id = free.tenant_id AND {lane}_id = free.id AND status = 'waiting' AND {condition}
                AND due_at <= statement_timestamp()
            ORDER BY due_at, id LIMIT GREATEST(free.count, 0) * free.looked_through FOR UPDATE SKIP LOCKED
        ) AS due
    ){behind}, taken AS (
        UPDATE {table} AS row
        SET status = 'running', taken = row.taken + 1, taken_at = statement_timestamp(),
            lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
        FROM (
            SELECT id, row_number() OVER (PARTITION BY lane ORDER BY due_at, id) AS place, count
            FROM found WHERE {first}
        ) AS next
        WHERE row.id = next.id AND next.place <= next.count
        RETURNING row.tenant_id, row.id, row.taken
    )
    SELECT taken.tenant_id, taken.id, taken.taken, {set_aside} FROM (VALUES (1)) AS always LEFT JOIN taken ON TRUE
"""
_UNORDERED = {"looked_through": "1", "order_key": "''", "behind": "", "first": "TRUE", "set_aside": "0"}
# A blocker is locked, so that its ending sees who was set aside behind it; one that is just ending blocks nobody.
_ORDERED = {
    "looked_through": f"CASE WHEN lane.ordered_by = '' THEN 1 ELSE {LOOKED_THROUGH} END",
    "order_key": "order_key",
    "behind": """, blocked AS (
        SELECT found.id, blocker.id AS blocker FROM found CROSS JOIN LATERAL (
            (
                SELECT id FROM webhooks_webhookrun
                WHERE route_id = found.lane AND order_key = found.order_key AND order_key <> ''
                    AND status IN ('waiting', 'running') AND id < found.id
                ORDER BY id LIMIT 1
            ) UNION ALL (
                SELECT id FROM webhooks_webhookrun
                WHERE tenant_id = found.tenant_id AND route_id = found.lane AND order_key = found.order_key
                    AND status = 'running'
                LIMIT 1
            ) LIMIT 1
        ) AS blocker
        WHERE found.order_key <> ''
    ), held AS (
        SELECT id FROM webhooks_webhookrun
        WHERE id IN (SELECT blocker FROM blocked) AND status IN ('waiting', 'running')
        FOR SHARE SKIP LOCKED
    ), set_aside AS (
        UPDATE webhooks_webhookrun AS run SET due_at = NULL
        FROM blocked JOIN held ON held.id = blocked.blocker
        WHERE run.id = blocked.id
        RETURNING run.id
    )""",
    # Counted, so that it is done before a blocker is changed by the same statement.
    "first": "id NOT IN (SELECT id FROM blocked) AND (SELECT count(*) FROM set_aside) >= 0",
    "set_aside": "(SELECT count(*) FROM set_aside)",
}


@dataclass(frozen=True)
class Claimed:
    taken: list[Taken]
    set_aside: int = 0
    """Rows that were looked at and stand behind others: who comes after them has not been looked at yet."""


def claim(kind: Kind, shares: Mapping[Lane, int]) -> Claimed:
    """What was got of these shares. Call it in the kind's scope."""
    if not shares:
        return Claimed([])
    with connection.cursor() as cursor:
        or_else = "SKIP LOCKED" if kind.tenant_id is None else ""
        cursor.execute(_LOCK.format(lanes=kind.lanes_table, or_else=or_else), [[lane.id for lane in shares]])
        locked = {lane_id for (lane_id,) in cursor.fetchall()}
        mine = [(lane.id, count) for lane, count in shares.items() if lane.id in locked]
        return _take(cursor, kind, mine)


def _take(cursor: Any, kind: Kind, mine: list[tuple[UUID, int]]) -> Claimed:
    names = {"table": kind.table, "lanes": kind.lanes_table, "lane": kind.lane, "condition": kind.condition}
    statement = _TAKE.format(**names, concurrency=kind.concurrency, **(_ORDERED if kind.has_order else _UNORDERED))
    lanes, counts = [lane for lane, _ in mine], [count for _, count in mine]
    cursor.execute(statement, {"lanes": lanes, "counts": counts, "lease": settings.WEBHOOK_LEASE_SECONDS})
    rows = cursor.fetchall()
    return Claimed([Taken(kind, *row) for *row, _ in rows if row[0]], set_aside=rows[0][-1])
