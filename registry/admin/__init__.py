"""The admin pages of floor 3: tools, their versions, the executions, limits, rules, and the calls that wait."""

from registry.admin import (
    approvals,
    artifacts,
    breakers,
    executions,
    limits,
    permission_rules,
    redaction,
    tools,
    versions,
)

__all__ = [
    "approvals",
    "artifacts",
    "breakers",
    "executions",
    "limits",
    "permission_rules",
    "redaction",
    "tools",
    "versions",
]
