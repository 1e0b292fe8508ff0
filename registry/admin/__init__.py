"""The admin pages of floor 3: tools, their versions, and the executions."""

from registry.admin import executions, tools, versions

__all__ = ["executions", "tools", "versions"]
