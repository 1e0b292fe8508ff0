"""Who may change a tool: its tenant; a tool that all share, only the platform's owner."""

from accounts.caller import Actor
from accounts.errors import Forbidden
from accounts.tenancy import current_scope
from registry.errors import ToolNotFound
from registry.models import Tool


def lock_tool(tool: Tool, *, by: Actor) -> Tool:
    """The tool's row as it is now, locked until the transaction ends.

    Raises Forbidden for a shared tool that is not `by`'s to change, ToolNotFound when it was retired meanwhile.
    """
    refuse_shared(tool, by=by)
    locked = Tool.objects.living().select_for_update(of=("self",)).filter(id=tool.id).first()
    if locked is None:
        raise ToolNotFound
    return locked


def refuse_shared(tool: Tool, *, by: Actor) -> None:
    """Raise Forbidden for a shared tool, unless the platform's owner is at work in the platform's scope."""
    if tool.tenant_id is None and not (by.is_platform_owner and current_scope().tenant_id is None):
        raise Forbidden(
            f"All tenants share the tool `{tool.slug}`: only the platform's owner changes it. "
            "You can switch it off for your tenant: `POST /api/v1/tools/{slug}/disable/`."
        )
