"""What becomes of a question that nobody answered: the caller takes it back, or its time is over."""

from datetime import datetime

from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform
from registry.approvals.request import detail_of
from registry.ending import end_execution
from registry.errors import NotApproved
from registry.models import Approval, Execution
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor

ACTOR = "system:approvals"
MOST_AT_ONCE = 500


def withdraw(*, execution: Execution, actor: str) -> None:
    """Nobody need decide about this execution any more: it was cancelled. The caller of this has locked it."""
    approval = Approval.objects.waiting().filter(execution=execution).first()
    if approval is not None:
        _close(approval, ApprovalState.WITHDRAWN, actor, timezone.now())
        record(
            tenant_id=approval.tenant_id,
            actor=actor,
            action="approval.withdrawn",
            subject=f"approval:{approval.id}",
            detail=detail_of(approval),
        )


def expire_overdue(*, at: datetime | None = None) -> int:
    """End every call that nobody decided about in time; returns how many. Its key may be used again."""
    now = at or timezone.now()
    with platform():
        overdue = Approval.objects.overdue(now).order_by("expires_at").values_list("execution_id", flat=True)
        # Executions first, as everybody locks the two; one that is being decided about is passed over.
        asked = Execution.objects.filter(id__in=list(overdue[:MOST_AT_ONCE]))
        executions = {each.id: each for each in asked.select_for_update(skip_locked=True, of=("self",))}
        approvals = list(Approval.objects.overdue(now).filter(execution_id__in=executions))
        for approval in approvals:
            _expire(approval, executions[approval.execution_id], now)
    return len(approvals)


def _expire(approval: Approval, execution: Execution, now: datetime) -> None:
    _close(approval, ApprovalState.EXPIRED, ACTOR, now)
    record(
        tenant_id=approval.tenant_id,
        actor=ACTOR,
        action="approval.expired",
        subject=f"approval:{approval.id}",
        detail=detail_of(approval),
    )
    if (execution.status, execution.waits_for) != (Status.PENDING, WaitsFor.APPROVAL):
        return  # it ended otherwise
    waited = int((approval.expires_at - approval.requested_at).total_seconds())
    error = NotApproved(f"Nobody answered within {waited} seconds, so this was not run. Call again to ask again.")
    end_execution(execution, status=Status.REFUSED, error=error, actor=ACTOR)


def _close(approval: Approval, state: ApprovalState, actor: str, at: datetime) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, actor, at
    approval.save(update_fields=["state", "decided_by", "decided_at"])
