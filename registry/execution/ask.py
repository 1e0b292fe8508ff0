"""Step 6: where the decision was to ask a person, the call waits for their answer; an approved one passes."""

from accounts.decisions import Decision
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.approvals.admits import check_approval
from registry.approvals.request import request_approval
from registry.errors import NotApproved
from registry.execution.types import Target, ToolCall
from registry.models import Approval, Execution
from registry.permissions.policy import Verdict


async def ask(call: ToolCall, target: Target, verdict: Verdict) -> Execution | None:
    """None: it may go on. Otherwise the execution, which waits for a person from now on.

    Raises NotApproved when it was resumed and no answer lets it pass, or when its caller cannot wait for one.
    """
    if verdict.decision is not Decision.ASK:
        return None
    if not call.can_wait:
        raise NotApproved(
            f"A person has to approve calls of `{target.slug}`, and a composite cannot wait for them: {verdict.reason} "
            "Call it by itself, or have an admin allow it by a rule."
        )
    return await in_database_thread(_ask, call, target, verdict)


def _ask(call: ToolCall, target: Target, verdict: Verdict) -> Execution | None:
    with within(call.caller.tenant_id):
        approval = Approval.objects.filter(execution_id=call.execution_id).first() if call.resumed else None
        if approval is None:
            return request_approval(call=call, target=target, rule_id=verdict.rule_id, why=verdict.reason)
        check_approval(approval=approval, call=call, target=target)
        return None
