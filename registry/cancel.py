"""Calling an execution off: one that waits ends at once, one that runs is stopped by the process that runs it."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.caller import Caller
from accounts.roles import Right
from registry.approvals.unanswered import withdraw
from registry.ending import end_execution
from registry.errors import Cancelled, ExecutionEnded
from registry.execution import cancelling
from registry.models import Execution
from registry.models.execution import Status


def cancel_execution(*, execution: Execution, by: Caller) -> Execution:
    """As it stands then: cancelled, or still running for the moment. Asking twice is no mistake.

    The agent that called may, and whoever may call tools of the tenant. Raises Forbidden, ExecutionEnded.
    """
    if by.agent_id is None or execution.agent_id != by.agent_id:
        by.require(Right.CALL)
    locked = Execution.objects.select_for_update(of=("self",)).filter(id=execution.id).first()
    if locked is None:
        raise ExecutionEnded("This call was refused, and is counted with others like it. There is nothing to cancel.")
    if locked.status == Status.PENDING:
        withdraw(execution=locked, actor=by.actor)
        error = Cancelled("It was cancelled while it waited, so nothing was sent.")
        end_execution(locked, status=Status.CANCELLED, error=error, actor=by.actor)
    elif locked.status == Status.RUNNING:
        _ask_to_stop(locked, by)
    else:
        raise ExecutionEnded(f"This execution has ended already: it is `{locked.status}`. There is nothing to cancel.")
    return locked


def _ask_to_stop(execution: Execution, by: Caller) -> None:
    if execution.cancel_requested_at is None:
        execution.cancel_requested_at = timezone.now()
        execution.save(update_fields=["cancel_requested_at"])
        audit.record(
            tenant_id=execution.tenant_id,
            actor=by.actor,
            action="cancellation.requested",
            subject=f"execution:{execution.id}",
            detail={"tool": str(execution.tool_id), "version": execution.version},
        )
    transaction.on_commit(partial(cancelling.tell, execution.id))
