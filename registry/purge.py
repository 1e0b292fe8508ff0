"""Throwing away what was kept of a tool's answers: from the next call on they are fetched anew."""

from django.db.models import F

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.models import TenantTool, Tool


def purge_cache(*, tool: Tool, by: Actor) -> None:
    """Of all its versions. A tool that all tenants share is purged for the scope's tenant alone. Raises Forbidden.

    Nothing is deleted: the kept answers lie under an epoch that nobody asks for any more, and run out.
    """
    by.require(Right.CATALOGUE)
    tenant_id = current_scope().tenant_id
    if tool.tenant_id is None and tenant_id is not None:
        own, _ = TenantTool.objects.get_or_create(tool=tool, tenant_id=tenant_id)
        TenantTool.objects.filter(id=own.id).update(cache_epoch=F("cache_epoch") + 1)
    else:
        tenant_id = tool.tenant_id
        Tool.objects.filter(id=tool.id).update(cache_epoch=F("cache_epoch") + 1)
    record(tenant_id=tenant_id, actor=by.actor, action="tool.cache_purged", subject=f"tool:{tool.id}")
    bump_generation(tenant_id)
