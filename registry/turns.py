"""Whose call a worker runs next. Tenants take turns, so that no backlog of one goes before the calls of all others."""

from uuid import UUID

from django.db import connection

from accounts.tenancy import platform

_IS_DUE = "status = 'pending' AND waits_for = 'worker' AND COALESCE(due_at, started_at) <= statement_timestamp()"
# It leaps through an index from tenant to tenant, and looks at no more of each than may be taken.
_NEXT = f"""
    WITH RECURSIVE waiting AS (
        (SELECT tenant_id FROM registry_execution WHERE {_IS_DUE} ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT tenant_id FROM registry_execution
            WHERE {_IS_DUE} AND tenant_id > waiting.tenant_id ORDER BY tenant_id LIMIT 1
        ) FROM waiting WHERE waiting.tenant_id IS NOT NULL
    )
    SELECT waiting.tenant_id, due.id
    FROM waiting CROSS JOIN LATERAL (
        SELECT id, row_number() OVER (ORDER BY COALESCE(due_at, started_at), id) AS turn
        FROM registry_execution
        WHERE tenant_id = waiting.tenant_id AND {_IS_DUE}
        ORDER BY COALESCE(due_at, started_at), id LIMIT %(most)s
    ) AS due
    ORDER BY due.turn, waiting.tenant_id <= %(after)s::uuid, waiting.tenant_id LIMIT %(most)s
"""  # noqa: S608  no value is written into it


def next_in_turn(most: int, *, after: UUID | None = None) -> list[tuple[UUID, UUID]]:
    """Tenant and id of executions that wait for a worker: of each tenant the one that is due longest, then the second.

    The turn begins behind the tenant that was served last.
    """
    with platform(), connection.cursor() as cursor:
        cursor.execute(_NEXT, {"most": most, "after": after})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
        return found
