"""The admin pages of floor 3: tools, their versions, and the executions."""

from registry.admin import executions, limits, tools, versions

__all__ = ["executions", "limits", "tools", "versions"]
