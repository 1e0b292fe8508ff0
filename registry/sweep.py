"""The sweep: what nobody was heard of in time turns stale, is retired, or comes to its sunset.

Each is one statement, whatever the number of tools, and one event per tenant with the ids.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.audit import entry
from accounts.models import AuditEntry
from accounts.tenancy import platform
from accounts.tenants import bump_generation
from registry.health import change_entry

ACTOR = "system:sweep"
_LOCK = (0x51_4D_02, 0)

TURN_STALE = """
    WITH turned AS (
        UPDATE registry_toolhealth SET status = 'stale', changed_at = %(now)s
        WHERE status = 'healthy' AND stale_at <= %(now)s
        RETURNING tenant_id, tool_id
    )
    SELECT tenant_id, array_agg(tool_id::text) FROM turned GROUP BY tenant_id
"""
# A heartbeat or a change that is being written holds its row, which is passed over: the next sweep looks again.
_RETIRE = """
    WITH due AS (
        SELECT health.tool_id FROM registry_toolhealth health JOIN registry_tool tool ON tool.id = health.tool_id
        WHERE health.retire_at <= %(now)s AND tool.retired_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    ), at_rest AS (
        UPDATE registry_toolhealth health
        SET status = 'unknown', detail = '', stale_at = NULL, retire_at = NULL, probe_at = NULL
        FROM due WHERE health.tool_id = due.tool_id
    ), retired AS (
        UPDATE registry_tool tool SET retired_at = %(now)s, updated_at = %(now)s
        FROM due WHERE tool.id = due.tool_id
        RETURNING tool.tenant_id, tool.id
    )
    SELECT tenant_id, array_agg(id::text) FROM retired GROUP BY tenant_id
"""
_SUNSET = """
    WITH ended AS (
        UPDATE registry_toolversion SET state = 'retired'
        WHERE state = 'deprecated' AND sunset_at <= %(now)s
        RETURNING tenant_id, id
    )
    SELECT tenant_id, array_agg(id::text) FROM ended GROUP BY tenant_id
"""

Found = list[tuple[UUID | None, list[str]]]
"""Of each tenant the ids."""


@dataclass(frozen=True)
class Swept:
    stale: int
    retired: int
    versions_retired: int


def sweep(*, at: datetime | None = None) -> Swept:
    """Look at all tenants' tools once. While another process is sweeping there is nothing to do."""
    now = at or timezone.now()
    return Swept(turn_stale(now), retire_unheard(now), retire_past_sunset(now))


def turn_stale(now: datetime) -> int:
    with _alone() as may:
        found = _run(TURN_STALE, now) if may else []
        AuditEntry.objects.bulk_create(change_entry(tenant, "health.stale", ids, ACTOR) for tenant, ids in found)
        return _count(found)


def retire_unheard(now: datetime) -> int:
    with _alone() as may:
        found = _run(_RETIRE, now) if may else []
        AuditEntry.objects.bulk_create(change_entry(tenant, "tool.retired", ids, ACTOR) for tenant, ids in found)
        _tell(found)
        return _count(found)


def retire_past_sunset(now: datetime) -> int:
    with _alone() as may:
        found = _run(_SUNSET, now) if may else []
        AuditEntry.objects.bulk_create(_sunset_entry(tenant, ids) for tenant, ids in found)
        _tell(found)
        return _count(found)


@contextmanager
def _alone() -> Iterator[bool]:
    """A transaction of the platform's; False while another one sweeps."""
    with platform(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
        yield cursor.fetchone()[0]


def _run(statement: str, now: datetime) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now})
        found: Found = cursor.fetchall()
        return found


def _sunset_entry(tenant_id: UUID | None, versions: list[str]) -> AuditEntry:
    subject = f"version:{versions[0]}" if len(versions) == 1 else f"tenant:{tenant_id}" if tenant_id else "platform"
    detail = {"versions": versions}
    return entry(tenant_id=tenant_id, actor=ACTOR, action="version.retired", subject=subject, detail=detail)


def _tell(found: Found) -> None:
    tenants = [tenant_id for tenant_id, _ in found]
    if None in tenants:
        bump_generation(None)  # which is all of them
        return
    # In one order everywhere, so that no two transactions wait for each other's tenants.
    for tenant_id in sorted(tenant_id for tenant_id in tenants if tenant_id):
        bump_generation(tenant_id)


def _count(found: Found) -> int:
    return sum(len(ids) for _, ids in found)
