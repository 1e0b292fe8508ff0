"""Executions as the corridor records them: the row, and its entry in the audit trail."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.audit import record
from accounts.ids import first_id_at
from accounts.models import Agent, Tenant
from accounts.sealing import seal_batch
from accounts.tenancy import within
from registry.models import Execution, Tool
from registry.models.execution import UNFINISHED

TIMINGS = {"resolve": 700, "permit": 20, "validate": 90, "send": 40_000, "record": 2_500}


def id_made_at(moment: datetime) -> UUID:
    """A UUID of version 7 as `new_id` would have made it then."""
    return UUID(int=first_id_at(moment).int | 7 << 76 | secrets.randbits(76) & ~(3 << 62) | 2 << 62)


def ran(
    tenant: Tenant,
    at: datetime,
    status: str = "succeeded",
    *,
    tool: Tool | None = None,
    agent: Agent | None = None,
    lasted_ms: float = 50,
    code: str = "",
    count: int = 1,
    id_: UUID | None = None,
    **more: Any,
) -> Execution:
    """One call that began at `at`, with its entry."""
    with within(tenant.id):
        execution = Execution(
            id=id_ or id_made_at(at),
            tenant=tenant,
            agent=agent,
            tool=tool,
            tool_slug=tool.slug if tool else "crm-find",
            version="1.0.0",
            status=status,
            error={"code": code, "detail": "…"} if code else None,
            count=count,
            started_at=at,
            finished_at=None if status in UNFINISHED else at + timedelta(milliseconds=lasted_ms),
            **{"timings": TIMINGS, **more},
        )
        execution.save(force_insert=True)
        record(
            tenant_id=tenant.id,
            actor=f"agent:{agent.id}" if agent else "system:tests",
            action=f"execution.{status}",
            subject=f"execution:{execution.id}",
        )
    return execution


_FILL = """
INSERT INTO registry_execution
    (id, tenant_id, tool_slug, version, operation, status, mode, timings, attempts, attempt_log, tried, cached,
     trace_id, conversation, provider, count, waits_for, run, lost_runs, options, started_at, finished_at)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text || %s), 1, 3) || '8' || substr(md5(n::text || %s), 4, 15))::uuid,
    %s, 'crm-find', '1.0.0', '', CASE WHEN n %% 10 = 0 THEN 'failed' ELSE 'succeeded' END, 'sync',
    jsonb_build_object('resolve', 700, 'send', 40000 + n), 1, '[]', '[]', false, '', '', '', 1, '', 0, 0, '{}',
    moment, moment + n * interval '1 millisecond'
FROM generate_series(1, %s) AS n, LATERAL (SELECT %s - n * %s::interval AS moment) AS moments
"""


def fill(tenant: Tenant, number: int, until: datetime, every: timedelta = timedelta(seconds=1)) -> None:
    """That many executions, one after the other; every tenth failed. They have no entries."""
    salt = str(tenant.id)
    with within(tenant.id), connection.cursor() as cursor:
        cursor.execute(_FILL, [salt, salt, tenant.id, number, until, str(every)])


def plan_of(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
        return "\n".join(row[0] for row in cursor.fetchall())


def seal(tenant: Tenant) -> None:
    """Give everything that waits its place in the tenant's chain."""
    while seal_batch(tenant.id):
        """There is more."""
