"""What permission rules look at, read from a tool and its version."""

from registry.models import Tool, ToolVersion
from registry.permissions.policy import ToolFacts


def tool_facts(tool: Tool, version: ToolVersion) -> ToolFacts:
    connector = tool.metadata.get("connector")
    return ToolFacts(
        slug=tool.slug,
        category=tool.category,
        capabilities=frozenset({tool.capability} - {""}) | _words(tool.capabilities.get("operations")),
        connector=connector if isinstance(connector, str) else "",
        node_type=tool.node_type,
        permissions=frozenset(version.permissions),
    )


def _words(value: object) -> frozenset[str]:
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
