"""Registering tools: each with its first version, in one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Forbidden, Invalid
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.bind import find_bindable
from registry.connections import connector_of
from registry.facts import check_tool, check_version, split_facts
from registry.models import Tool, ToolHealth, ToolVersion
from registry.slugs import claim_slugs, refuse_taken

DEFAULT_TRANSPORT = "http"


def register_tool(*, by: Actor, spec: Mapping[str, Any], shared: bool = False) -> Tool:
    """A tool and its first version for the scope's tenant, or, in the platform's scope, shared by all.

    `spec` holds facts of both by name, as in `POST tools/`. Raises Invalid with every fault, SlugTaken, and Forbidden
    for a shared tool unless the platform's owner registers it.
    """
    tool = add_tool(by=by, spec=spec, shared=shared)
    bump_generation(tool.tenant_id)
    return tool


def add_tool(*, by: Actor, spec: Mapping[str, Any], shared: bool = False) -> Tool:
    """As `register_tool`, for a caller that tells the processes itself when it has added all of its tools."""
    tool, version = _read(spec, by, shared)
    claim_slugs([tool.slug])
    refuse_taken(tool.slug)
    tool.save(force_insert=True)
    version.save(force_insert=True)
    first_health(tool).save(force_insert=True)
    record(
        tenant_id=tool.tenant_id,
        actor=by.actor,
        action="tool.registered",
        subject=f"tool:{tool.id}",
        detail={"slug": tool.slug, "version": version.version, "version_id": str(version.id)},
    )
    return tool


def _read(spec: Mapping[str, Any], by: Actor, shared: bool) -> tuple[Tool, ToolVersion]:
    tenant_id = current_scope().tenant_id
    if shared and not by.is_platform_owner:
        raise Forbidden("Only the platform's owner registers tools that all tenants share.")
    if shared != (tenant_id is None):
        raise ValueError("Register shared tools in the platform's scope, and a tenant's tools in the tenant's.")
    of_tool, of_version = split_facts(spec)
    bound = of_tool.pop("connection", None)
    tool = Tool(tenant_id=tenant_id, **of_tool)
    version = ToolVersion(tenant_id=tenant_id, tool=tool, **{"transport": DEFAULT_TRANSPORT, **of_version})
    faults = [*check_tool(tool), *check_version(version)]
    if faults:
        raise Invalid("The tool cannot be registered like this. See `errors` for each fault.", faults=faults)
    if bound is not None:
        tool.connection = find_bindable(bound, connector_of(version))
    return tool, version


def first_health(tool: Tool) -> ToolHealth:
    """Nothing is known of a new tool; a tool with a health endpoint is asked at once."""
    now = timezone.now()
    retire_after = tool.retire_after_seconds
    return ToolHealth(
        tool=tool,
        tenant_id=tool.tenant_id,
        retire_at=now + timedelta(seconds=retire_after) if retire_after else None,
        probe_at=now if tool.health_endpoint else None,
    )
