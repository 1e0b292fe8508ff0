"""A tenant's own limits for a tool that all tenants share. They come on top of the platform's: both hold."""

from collections.abc import Mapping
from typing import Any

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Invalid
from accounts.models.limits import SHAPES
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.models import TenantTool, Tool


def set_own_limits(*, tool: Tool, by: Actor, changes: Mapping[str, Any]) -> TenantTool:
    """Set the limits that are named, for the scope's tenant; None takes one away.

    Raises Invalid for a tool of the tenant's own, whose limits are its facts, ValidationError on a bad value.
    """
    refuse_others(changes, SHAPES)
    tenant_id = current_scope().tenant_id
    if tool.tenant_id is not None or tenant_id is None:
        raise Invalid("Only a tool that all tenants share has limits of a tenant's own. Change the tool itself.")
    own, _ = TenantTool.objects.select_for_update().get_or_create(tool=tool, tenant_id=tenant_id)
    changed = sorted(name for name, value in changes.items() if getattr(own, name) != value)
    if not changed:
        return own
    for name in changed:
        setattr(own, name, changes[name])
    own.clean_fields(exclude=["tenant", "tool"])
    own.save(update_fields=changed)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="tool.limited",
        subject=f"tool:{tool.id}",
        detail={"fields": changed},
    )
    bump_generation(tenant_id)
    return own
