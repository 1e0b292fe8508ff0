"""Approving and refusing. One person decides, once; an approved call is run by whichever process is alive."""

from datetime import timedelta

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor, Caller
from accounts.errors import Forbidden
from accounts.naming import name_of
from accounts.roles import Right, Role
from integrations.redaction import redact
from registry.approvals.remember import Remember, make_rule
from registry.approvals.request import detail_of
from registry.ending import end_execution
from registry.errors import AlreadyDecided, NotApproved
from registry.execution.wake import wake
from registry.models import Approval, Execution
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor

RUNS_WITHIN = timedelta(minutes=10)
"""How long an approved call may still wait for a process to run it, however late the answer came."""


def approve(*, approval: Approval, by: Actor, remember: Remember | None = None) -> Approval:
    """Let the call run, once. With `remember` a permission rule answers later calls like it, too.

    Raises AlreadyDecided, Forbidden for one's own call and for an agent's whose role is above one's own, and what
    making the rule raises.
    """
    execution, locked = _lock_waiting(approval, by)
    now = timezone.now()
    if remember is not None:
        locked.remembered_rule_id = make_rule(approval=locked, execution=execution, by=by, remember=remember).id
    locked.expires_at = max(locked.expires_at, now + RUNS_WITHIN)
    _decide(locked, ApprovalState.APPROVED, by)
    execution.waits_for, execution.due_at = WaitsFor.WORKER, now
    execution.save(update_fields=["waits_for", "due_at"])
    remembered = str(locked.remembered_rule_id) if locked.remembered_rule_id else None
    _record("approval.approved", locked, by, {"remembered": remembered})
    wake(execution.tenant_id, execution.id)
    return locked


def refuse(*, approval: Approval, by: Actor, reason: str = "") -> Approval:
    """End the call without running it. The caller reads the reason.

    The call's Idempotency-Key keeps the answer: who asks again with it is told the same, and nobody is asked twice.
    Raises AlreadyDecided, Forbidden.
    """
    execution, locked = _lock_waiting(approval, by)
    locked.reason = redact(reason.strip()[:500]).value
    _decide(locked, ApprovalState.REFUSED, by)
    _record("approval.refused", locked, by, {})
    error = NotApproved(_sentence(locked))
    end_execution(execution, status=Status.REFUSED, error=error, actor=by.actor, keeps_key=True)
    return locked


def _lock_waiting(approval: Approval, by: Actor) -> tuple[Execution, Approval]:
    """Both rows, locked, of a call that waits for an answer that this one may give.

    The execution first, as everybody locks the two: who comes second waits here, and then sees the first's answer.
    """
    _require_right(by)
    execution = Execution.objects.select_for_update(of=("self",)).get(id=approval.execution_id)
    locked = Approval.objects.select_for_update(of=("self",)).select_related("agent").get(id=approval.id)
    _refuse_own(locked, by)
    if locked.agent is not None:
        by.require_reach(Role(locked.agent.role))
    _refuse_decided(locked)
    if (execution.status, execution.waits_for) != (Status.PENDING, WaitsFor.APPROVAL):
        raise AlreadyDecided("This call does not wait for anybody any more. Look at its execution.")
    return execution, locked


def _require_right(by: Actor) -> None:
    by.require(Right.APPROVE)
    if isinstance(by, Caller) and by.agent_id is not None:
        # `operator` is what agents usually are: any two of them could let each other through.
        by.require(Right.PEOPLE)


def _refuse_own(approval: Approval, by: Actor) -> None:
    if by.actor == approval.asked_by:
        raise Forbidden("This call is your own, so somebody else decides. Cancel its execution to take it back.")


def _refuse_decided(approval: Approval) -> None:
    if approval.state != ApprovalState.WAITING:
        raise AlreadyDecided(_who_and_what(approval))
    if approval.expires_at <= timezone.now():
        raise AlreadyDecided("Nobody answered in time, so this call is not run any more. The caller can ask again.")


def _who_and_what(approval: Approval) -> str:
    at = f"{approval.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    if approval.state == ApprovalState.EXPIRED:
        return f"Nobody answered in time: this expired at {at}. The caller can ask again."
    what = {
        ApprovalState.APPROVED: "approved",
        ApprovalState.REFUSED: "refused",
        ApprovalState.WITHDRAWN: "took back",
    }[ApprovalState(approval.state)]
    return f"{name_of(approval.decided_by)} {what} this call at {at}. Nothing was changed."


def _decide(approval: Approval, state: ApprovalState, by: Actor) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, by.actor, timezone.now()
    approval.save(update_fields=["state", "decided_by", "decided_at", "expires_at", "reason", "remembered_rule_id"])


def _record(action: str, approval: Approval, by: Actor, more: dict[str, str | None]) -> None:
    record(
        tenant_id=approval.tenant_id,
        actor=by.actor,
        action=action,
        subject=f"approval:{approval.id}",
        detail=detail_of(approval) | more,
    )


def _sentence(approval: Approval) -> str:
    who = name_of(approval.decided_by)
    if approval.reason:
        return f"{who} refused this call: {approval.reason}"
    return f"{who} refused this call and gave no reason. Ask them before you call again."
