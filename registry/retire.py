"""Retiring a tool: it cannot be found or called any more, its slug is free, its versions and executions stay."""

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.tenants import bump_generation
from registry.models import Tool, ToolHealth
from registry.models.health import HealthStatus
from registry.ownership import lock_tool

# Nothing is planned any more for a retired tool.
AT_REST = {"status": HealthStatus.UNKNOWN, "stale_at": None, "retire_at": None, "probe_at": None, "detail": ""}


def retire_tool(*, tool: Tool, by: Actor) -> Tool:
    """Raises Forbidden for a shared tool, ToolNotFound when it is retired already."""
    locked = lock_tool(tool, by=by)
    locked.retired_at = timezone.now()
    locked.save(update_fields=["retired_at", "updated_at"])
    ToolHealth.objects.filter(tool=locked).update(**AT_REST)
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="tool.retired",
        subject=f"tool:{locked.id}",
        detail={"slug": locked.slug, "tools": [str(locked.id)]},
    )
    bump_generation(locked.tenant_id)
    return locked
