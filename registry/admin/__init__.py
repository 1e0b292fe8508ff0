"""The admin pages of floor 3: tools, their versions, the executions, limits, rules, the calls that wait, connectors."""

from registry.admin import (
    adding,
    approvals,
    artifacts,
    breakers,
    connections,
    connectors,
    executions,
    limits,
    permission_rules,
    redaction,
    removing,
    tools,
    versions,
)

__all__ = [
    "adding",
    "approvals",
    "artifacts",
    "breakers",
    "connections",
    "connectors",
    "executions",
    "limits",
    "permission_rules",
    "redaction",
    "removing",
    "tools",
    "versions",
]
