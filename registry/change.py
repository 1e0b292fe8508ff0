"""Changing what a tool is called, how it is found and how often it may be called. How it is called is its versions'."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Fault, Invalid
from accounts.tenants import bump_generation
from registry.errors import Immutable
from registry.facts import TOOL_FACTS, VERSION_FACTS, check_tool
from registry.models import Tool, ToolHealth
from registry.models.health import HealthStatus
from registry.ownership import lock_tool

KEPT = frozenset({"slug"})
OF_OTHER_VERBS = frozenset({"enabled", "connection"})
CHANGEABLE = TOOL_FACTS - KEPT - OF_OTHER_VERBS


def change_tool(*, tool: Tool, by: Actor, changes: Mapping[str, Any]) -> Tool:
    """Set the named facts. What stays as it was registered or published is refused with Immutable.

    Raises Invalid with every fault, Forbidden for a shared tool.
    """
    refuse_immutable(changes)
    refuse_others(changes, CHANGEABLE)
    locked = lock_tool(tool, by=by)
    changed = {name for name, value in changes.items() if getattr(locked, name) != value}
    for name in changed:
        setattr(locked, name, changes[name])
    faults = check_tool(locked)
    if faults:
        raise Invalid("The tool cannot be changed like this. See `errors` for each fault.", faults=faults)
    if changed:
        _save(locked, changed, by)
    return locked


def refuse_immutable(changes: Collection[str]) -> None:
    """Raise Immutable naming each fact that no PATCH of a tool changes."""
    faults = [Fault("$.slug", "A tool keeps its slug. Register another tool.")] if "slug" in changes else []
    faults += [Fault(f"$.{name}", "Publish a version to change this.") for name in sorted(VERSION_FACTS & set(changes))]
    if faults:
        raise Immutable(faults=faults)


def _save(tool: Tool, changed: set[str], by: Actor) -> None:
    tool.save(update_fields=[*changed, "updated_at"])
    _adapt_health(tool, changed)
    record(
        tenant_id=tool.tenant_id,
        actor=by.actor,
        action="tool.changed",
        subject=f"tool:{tool.id}",
        detail={"fields": sorted(changed)},
    )
    bump_generation(tool.tenant_id)


def _adapt_health(tool: Tool, changed: set[str]) -> None:
    """What was planned with the old settings is planned anew."""
    if not changed & {"health_endpoint", "stale_after_seconds", "retire_after_seconds"}:
        return
    health = ToolHealth.objects.select_for_update(of=("self",)).get(tool=tool)
    now = timezone.now()
    if "health_endpoint" in changed:
        health.probe_at = now if tool.health_endpoint else None
        if health.status == HealthStatus.FAILING and not tool.health_endpoint:
            health.status, health.detail, health.changed_at = HealthStatus.UNKNOWN, "", now
    health.stale_at = after(health.last_heartbeat, tool.stale_after_seconds)
    health.retire_at = after(health.last_heartbeat or now, tool.retire_after_seconds)
    health.save(update_fields=["probe_at", "status", "detail", "changed_at", "stale_at", "retire_at"])


def after(moment: datetime | None, seconds: int | None) -> datetime | None:
    return moment + timedelta(seconds=seconds) if moment and seconds else None
