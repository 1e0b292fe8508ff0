"""Which rules of a tenant may match calls of a tool, whoever makes them."""

from uuid import UUID

from registry.models import PermissionRule, Tool, ToolVersion
from registry.permissions.facts import tool_facts
from registry.permissions.policy import concerns


def ids_concerning(tool: Tool, version: ToolVersion) -> list[UUID]:
    """Also those that are switched off or have expired."""
    facts = tool_facts(tool, version)
    return [rule.id for rule in PermissionRule.objects.all() if concerns(rule, facts)]
