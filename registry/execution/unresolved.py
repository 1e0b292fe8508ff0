"""What of a call may be stored that came to no version of a tool: what may be sensitive in it is asked all the same."""

from uuid import UUID

from accounts.errors import QuartermasterError
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.execution.types import ToolCall
from registry.models import Tool, ToolVersion
from registry.redaction import UNKNOWN, ToolRedaction, redaction_of, redaction_without_tool


async def unresolved_redaction(call: ToolCall) -> ToolRedaction:
    """Where the tenant's vault is locked, too, nothing is known."""
    try:
        return await in_database_thread(_read, call.caller.tenant_id, call.tool)
    except QuartermasterError:
        return UNKNOWN


def _read(tenant_id: UUID, slug: str) -> ToolRedaction:
    """Which of the tool's versions was meant is not known: what one of them declares counts."""
    with within(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        tool = Tool.objects.living().filter(slug=slug).first()
        if tool is None:
            return redaction_without_tool(tenant)
        return redaction_of(tenant, tool, *ToolVersion.objects.filter(tool=tool))
