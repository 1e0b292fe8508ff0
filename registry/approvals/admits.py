"""Whether a person's answer lets a resumed call pass: it counts for what the person saw, and for nothing else."""

from django.utils import timezone

from registry.approvals.digest import is_same_input
from registry.errors import NotApproved
from registry.execution.types import Target, ToolCall
from registry.models import Approval
from registry.models.approval import ApprovalState


def check_approval(*, approval: Approval, call: ToolCall, target: Target) -> None:
    """Raises NotApproved with a sentence unless this very call was approved. Call it inside the tenant's scope."""
    if approval.state != ApprovalState.APPROVED:
        raise NotApproved(f"Nobody has approved this call: the approval is {approval.state}. Call again to ask again.")
    if approval.expires_at <= timezone.now():
        raise NotApproved("The approval expired before a process could run the call. Call again to ask again.")
    if approval.tool_version_id != target.version_id:
        raise NotApproved(
            f"Version {approval.version} of `{approval.tool_slug}` was approved, and this call would now run version "
            f"{target.version}. Call again to have that one approved."
        )
    if not is_same_input(
        tenant_id=approval.tenant_id,
        execution_id=approval.execution_id,
        sealed=approval.input_digest,
        operation=call.operation,
        raw=call.input,
    ):
        raise NotApproved("Another input was approved than the one this call holds. Call again to ask again.")
