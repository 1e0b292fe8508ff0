from registry.models.approval import Approval
from registry.models.artifact import Artifact
from registry.models.batch import Batch
from registry.models.breaker import Breaker, BreakerHold
from registry.models.execution import Execution
from registry.models.health import ToolHealth
from registry.models.permission_rule import PermissionRule
from registry.models.tool import TenantTool, Tool
from registry.models.version import ToolVersion

__all__ = [
    "Approval",
    "Artifact",
    "Batch",
    "Breaker",
    "BreakerHold",
    "Execution",
    "PermissionRule",
    "TenantTool",
    "Tool",
    "ToolHealth",
    "ToolVersion",
]
