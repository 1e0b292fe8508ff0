"""The admin pages of floor 3: tools, their versions, the executions, limits, and the calls that wait for a person."""

from registry.admin import approvals, breakers, executions, limits, tools, versions

__all__ = ["approvals", "breakers", "executions", "limits", "tools", "versions"]
