"""What is heard of a tool: heartbeats that its agents send, and probes of its health endpoint, which count as such.

A heartbeat makes a tool healthy, with one exception: while its health endpoint fails, only the endpoint's own answer
does. A change of status is an event; a heartbeat that changes none is not, and touches the narrow row alone.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.audit import entry
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.models import AuditEntry
from registry.change import after
from registry.errors import ToolNotFound
from registry.models import Tool, ToolHealth
from registry.models.health import HealthStatus
from registry.ownership import refuse_shared

FURTHEST_AHEAD = timedelta(seconds=60)
"""How far an agent's clock may be ahead of ours."""

EVENTS = {
    HealthStatus.HEALTHY: "health.recovered",
    HealthStatus.STALE: "health.stale",
    HealthStatus.FAILING: "health.failing",
}


def report_heartbeat(*, tool: Tool, by: Actor, at: datetime | None = None) -> ToolHealth:
    """The tool was alive at that moment. One that is older than the last is heard and changes nothing.

    Raises Invalid for a moment too far ahead, Forbidden for a shared tool, ToolNotFound for a retired one.
    """
    now = timezone.now()
    moment = at or now
    if moment > now + FURTHEST_AHEAD:
        hint = (
            f"Give a time at most {FURTHEST_AHEAD.seconds} seconds from now, or leave it out. Here it is {now:%FT%TZ}."
        )
        raise Invalid("The heartbeat comes from the future.", faults=[Fault("$.at", hint)])
    refuse_shared(tool, by=by)
    health = ToolHealth.objects.select_for_update(of=("self",)).filter(tool_id=tool.id).first()
    # Read again behind the lock: it may have been retired, and its settings changed.
    current = Tool.objects.living().filter(id=tool.id).first()
    if health is None or current is None:
        raise ToolNotFound
    if health.last_heartbeat is None or moment > health.last_heartbeat:
        before = health.status
        hear(health, current, moment, now)
        health.save(update_fields=HEARD)
        if health.status != before:
            record_changes(health.tenant_id, HealthStatus(health.status), [tool.id], by.actor)
    return health


HEARD = ["last_heartbeat", "stale_at", "retire_at", "status", "detail", "changed_at"]


def hear(health: ToolHealth, tool: Tool, moment: datetime, now: datetime, *, from_endpoint: bool = False) -> None:
    """Set what a sign of life at `moment` means. The caller holds the row's lock and saves `HEARD`."""
    health.last_heartbeat = max(moment, health.last_heartbeat or moment)
    health.stale_at = after(health.last_heartbeat, tool.stale_after_seconds)
    health.retire_at = after(health.last_heartbeat, tool.retire_after_seconds)
    if health.status == HealthStatus.FAILING and health.probe_at is not None and not from_endpoint:
        return
    is_overdue = health.stale_at is not None and health.stale_at <= now
    become(health, HealthStatus.STALE if is_overdue else HealthStatus.HEALTHY, now)


def become(health: ToolHealth, status: HealthStatus, now: datetime, detail: str = "") -> None:
    if health.status != status:
        health.status, health.changed_at = status, now
    health.detail = detail


def record_changes(tenant_id: UUID | None, status: HealthStatus, tools: Iterable[UUID], actor: str) -> None:
    """One event for all tools of a tenant that took this status together."""
    change_entry(tenant_id, EVENTS[status], [str(tool) for tool in tools], actor).save(force_insert=True)


def change_entry(tenant_id: UUID | None, action: str, tools: list[str], actor: str) -> AuditEntry:
    subject = f"tool:{tools[0]}" if len(tools) == 1 else f"tenant:{tenant_id}" if tenant_id else "platform"
    return entry(tenant_id=tenant_id, actor=actor, action=action, subject=subject, detail={"tools": tools})
