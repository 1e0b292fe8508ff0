"""Ending what succeeded. Most endings are this one: those of the same moment, whoever's they are, share a statement."""

from collections.abc import Collection, Sequence
from typing import TypeAlias
from uuid import UUID

from django.db import connection

from accounts.ids import new_id
from accounts.offload import in_database_thread
from accounts.tenancy import platform, within
from accounts.together import Together
from webhooks.live import tell_pages
from webhooks.queue.kinds import Kind
from webhooks.queue.order import let_next_come
from webhooks.queue.rest import end_rest
from webhooks.queue.types import Attempt, Taken

MOST_AT_ONCE = 50

Went: TypeAlias = tuple[Taken, Attempt]

# Locked in the order of their ids: two of these must not wait for each other in a circle.
_SUCCEED = """
    WITH went AS (
        SELECT * FROM unnest(
            %s::uuid[], %s::int[], %s::uuid[], %s::timestamptz[], %s::uuid[], %s::smallint[], %s::text[]
        ) AS went (id, taken, attempt_id, started_at, execution_id, status_code, response)
    ), mine AS MATERIALIZED (
        SELECT row.id FROM {table} AS row JOIN went USING (id)
        WHERE row.taken = went.taken AND row.status = 'running'
        ORDER BY row.id FOR NO KEY UPDATE OF row
    ), ended AS (
        UPDATE {table} AS row
        SET status = 'succeeded', cause = '', code = '', detail = '', attempts = row.attempts + 1,
            finished_at = statement_timestamp(), lease_until = NULL{and_of_runs}
        FROM went
        WHERE row.id = went.id AND row.taken = went.taken AND row.id IN (SELECT id FROM mine)
        RETURNING row.id, row.taken, row.tenant_id, row.attempts, row.{lane}_id AS lane, {order_key} AS order_key
    ), logged AS (
        INSERT INTO webhooks_webhookattempt (
            id, tenant_id, {attempt_of}_id, number, started_at, finished_at, execution_id, status_code, code, detail,
            response
        )
        SELECT went.attempt_id, ended.tenant_id, ended.id, ended.attempts, went.started_at, statement_timestamp(),
            went.execution_id, went.status_code, '', '', went.response
        FROM ended JOIN went USING (id, taken)
    )
    SELECT id, taken, order_key, {rested} FROM ended
"""
_RESTED = "(SELECT id FROM webhooks_webhookroute WHERE id = ended.lane AND rests_until <= statement_timestamp())"
_HOLD_LANES = """
    SELECT id FROM {lanes} WHERE id IN (SELECT {lane}_id FROM {table} WHERE id = ANY(%s)) ORDER BY id FOR KEY SHARE
"""
_OF_RUNS = """,
            execution_id = COALESCE(went.execution_id, row.execution_id),
            first_attempt_at = COALESCE(row.first_attempt_at, went.started_at)"""


def succeed(taken: Taken, attempt: Attempt) -> bool:
    """It has its outcome. False, and nothing is changed, where another one has it meanwhile."""
    with within(taken.tenant_id):
        ended, rested = _succeed(taken.kind, [(taken, attempt)])
        _end_rests(rested)
        return ended == [True]


async def succeed_with_others(taken: Taken, attempt: Attempt) -> bool:
    """The same outside any transaction, along with what else ends at this moment."""
    return await _shared_trips((taken, attempt))


async def _succeed_together(went: Sequence[Went]) -> Sequence[bool]:
    return await in_database_thread(_succeed_all, went)


_shared_trips: Together[Went, bool] = Together(_succeed_together, most=MOST_AT_ONCE)


def _succeed_all(went: Sequence[Went]) -> list[bool]:
    """Of runs that workers have: the kind of all is the same."""
    with platform():
        ended, rested = _succeed(went[0][0].kind, went)
    if rested:
        # Apart: nobody holds runs and waits for a route, which somebody may remove who waits for its runs.
        with platform():
            _end_rests(rested)
    return ended


def _succeed(kind: Kind, went: Sequence[Went]) -> tuple[list[bool], set[UUID]]:
    """Whether each was ended, and routes that have rested."""
    statement = _SUCCEED.format(
        table=kind.table,
        attempt_of=kind.attempt_of,
        and_of_runs=_OF_RUNS if kind.attempt_of == "run" else "",
        lane=kind.lane,
        order_key="row.order_key" if kind.has_order else "''",
        rested=_RESTED if kind.attempt_of == "run" else "NULL",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _columns(went))
        rows = cursor.fetchall()
    _let_next_come(kind, [run_id for run_id, _, order_key, _ in rows if order_key])
    for tenant_id in {taken.tenant_id for taken, _ in went}:
        tell_pages(tenant_id)
    ended = {(run_id, number) for run_id, number, _, _ in rows}
    return [(taken.id, taken.taken) in ended for taken, _ in went], {rested for *_, rested in rows if rested}


def _let_next_come(kind: Kind, run_ids: Sequence[UUID]) -> None:
    if not run_ids:
        return
    with connection.cursor() as cursor:
        # Who removes one of the routes waits, or is waited for, before any of their runs is touched.
        cursor.execute(_HOLD_LANES.format(table=kind.table, lanes=kind.lanes_table, lane=kind.lane), [list(run_ids)])
    for run_id in sorted(run_ids):
        let_next_come(run_id)


def _end_rests(route_ids: Collection[UUID]) -> None:
    for route_id in sorted(route_ids):
        end_rest(route_id)


def _columns(went: Sequence[Went]) -> list[list[object]]:
    rows = [
        (
            *(taken.id, taken.taken, new_id()),
            *(attempt.started_at, attempt.execution_id, attempt.status_code, attempt.response),
        )
        for taken, attempt in went
    ]
    return [list(column) for column in zip(*rows, strict=True)]
