"""Switching tools on and off: one's own for good, a shared one for one's own tenant."""

from accounts.audit import record
from accounts.caller import Actor
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.errors import ToolDisabled
from registry.models import TenantTool, Tool
from registry.ownership import lock_tool


def enable_tool(*, tool: Tool, by: Actor) -> None:
    """Let the tool be called. Raises ToolDisabled for a shared one that the platform's owner has switched off."""
    if not tool.enabled and _is_anothers(tool):
        raise ToolDisabled("This tool is switched off for all tenants. Only the platform's owner can switch it on.")
    _switch(tool, by, on=True)


def disable_tool(*, tool: Tool, by: Actor) -> None:
    """Refuse every call of the tool from the next one on."""
    _switch(tool, by, on=False)


def _switch(tool: Tool, by: Actor, *, on: bool) -> None:
    tenant_id = current_scope().tenant_id if _is_anothers(tool) else tool.tenant_id
    changed = _switch_shared(tool, on) if _is_anothers(tool) else _switch_own(tool, by, on)
    if not changed:
        return
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="tool.enabled" if on else "tool.disabled",
        subject=f"tool:{tool.id}",
    )
    bump_generation(tenant_id)


def _is_anothers(tool: Tool) -> bool:
    """A shared tool, seen by a tenant."""
    return tool.tenant_id is None and current_scope().tenant_id is not None


def _switch_own(tool: Tool, by: Actor, on: bool) -> bool:
    locked = lock_tool(tool, by=by)
    if locked.enabled == on:
        return False
    locked.enabled = on
    locked.save(update_fields=["enabled", "updated_at"])
    return True


def _switch_shared(tool: Tool, on: bool) -> bool:
    own, made = TenantTool.objects.select_for_update().get_or_create(
        tool=tool, tenant_id=current_scope().tenant_id, defaults={"enabled": on}
    )
    if made:
        return not on  # without a setting of the tenant's, a shared tool is on
    changed = own.enabled != on
    own.enabled = on
    own.save(update_fields=["enabled"])
    return changed
