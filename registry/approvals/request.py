"""Asking a person: in one transaction the approval is stored and the opened execution waits for it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.audit import record
from accounts.caller import Caller
from accounts.errors import Throttled
from accounts.models import Tenant
from registry.approvals.digest import seal_digest
from registry.errors import Cancelled
from registry.execution.types import Target, ToolCall
from registry.models import Approval, Execution
from registry.models.execution import FIRST_RUN, Status, WaitsFor

MOST_WAITING = 100
"""Calls of one agent that may wait for people at once: nobody reads more, and a runaway would bury the others'."""

_LOCK_CLASS = 0x51_4D_03
"""Of PostgreSQL's advisory locks with two keys, those of this number are ours for those who ask."""


def request_approval(*, call: ToolCall, target: Target, rule_id: UUID | None, why: str) -> Execution:
    """The execution, which waits from now on; or as it stands, where another process has it by now.

    Call it inside the tenant's scope. Raises Throttled when too many calls of the agent wait, Cancelled when this one
    was cancelled meanwhile.
    """
    execution = Execution.objects.select_for_update(of=("self",)).get(id=call.execution_id)
    if (execution.status, execution.run) != (Status.RUNNING, call.resumed.run if call.resumed else FIRST_RUN):
        return execution
    if execution.cancel_requested_at is not None:
        raise Cancelled
    _wait_ones_turn(call.caller)
    _refuse_flood(call.caller)
    approval = _approval(call, target, execution, timezone.now())
    approval.rule_id, approval.why = rule_id, why[:500]
    approval.save(force_insert=True)
    _let_wait(execution)
    record(
        tenant_id=approval.tenant_id,
        actor=call.caller.actor,
        action="approval.requested",
        subject=f"approval:{approval.id}",
        detail=detail_of(approval) | {"rule": str(rule_id) if rule_id else None},
    )
    return execution


def _wait_ones_turn(caller: Caller) -> None:
    """Calls of one agent ask one after another, each until its transaction ends, and so each counts those before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, caller.actor])


def _refuse_flood(caller: Caller) -> None:
    if Approval.objects.waiting().filter(asked_by=caller.actor)[:MOST_WAITING].count() == MOST_WAITING:
        raise Throttled(
            f"{MOST_WAITING} calls of yours wait for a person's approval already. Wait for answers, or cancel some.",
            retry_after=60,
        )


def detail_of(approval: Approval) -> dict[str, str | None]:
    """What every entry about an approval says."""
    return {
        "execution": str(approval.execution_id),
        "tool": str(approval.tool_id),
        "version": approval.version,
    }


def lifetime_of(tenant_id: UUID) -> timedelta:
    """How long people of this tenant have to answer."""
    own = Tenant.objects.values_list("approval_expires_seconds", flat=True).get(id=tenant_id)
    return timedelta(seconds=own or settings.APPROVAL_EXPIRES_SECONDS)


def _approval(call: ToolCall, target: Target, execution: Execution, now: datetime) -> Approval:
    tenant_id = call.caller.tenant_id
    return Approval(
        tenant_id=tenant_id,
        execution=execution,
        tool_id=target.tool_id,
        tool_version_id=target.version_id,
        agent_id=call.caller.agent_id,
        asked_by=call.caller.actor,
        tool_slug=target.slug,
        version=target.version,
        operation=call.operation,
        input=execution.input,
        input_digest=seal_digest(
            tenant_id=tenant_id, execution_id=execution.id, operation=call.operation, raw=call.input
        ),
        requested_at=now,
        expires_at=now + lifetime_of(tenant_id),
    )


def _let_wait(execution: Execution) -> None:
    """Nobody runs it meanwhile, so it holds no lease."""
    execution.status, execution.waits_for = Status.PENDING, WaitsFor.APPROVAL
    execution.lease_until, execution.due_at = None, None
    execution.save(update_fields=["status", "waits_for", "lease_until", "due_at"])
