"""Calls that a person is asked about, as the corridor's steps leave them."""

from typing import Any

from django.utils import timezone

from accounts.authenticate import authenticate
from accounts.decisions import Decision
from accounts.models import AuditEntry, Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.execution.ask import ask
from registry.execution.open import open_execution
from registry.execution.resolve import resolve
from registry.execution.types import ToolCall
from registry.models import Approval, Execution
from registry.permissions.policy import Verdict
from tests.corridor import Corridor


def opened(corridor: Corridor, values: dict[str, Any], **more: Any) -> ToolCall:
    """A call that `open` has written."""

    async def run() -> ToolCall:
        caller = await in_database_thread(authenticate, f"Bearer {corridor.key}")
        call = ToolCall(caller=caller, tool="crm-find", input=values, **more)
        started_at = timezone.now()
        assert await open_execution(call, await resolve(call), Decision.ASK, started_at=started_at) is None
        return call

    return corridor.loop.run(run())


def asked(corridor: Corridor, call: ToolCall, decision: Decision = Decision.ASK) -> Execution | None:
    """What the step makes of it."""

    async def run() -> Execution | None:
        return await ask(call, await resolve(call), Verdict(decision))

    return corridor.loop.run(run())


def waiting(corridor: Corridor, tenant: Tenant, values: dict[str, Any], **more: Any) -> Approval:
    """A call that waits for a person."""
    call = opened(corridor, values, **more)
    assert asked(corridor, call) is not None
    return approvals(tenant)[-1]


def approvals(tenant: Tenant) -> list[Approval]:
    """All of them, oldest first."""
    with within(tenant.id):
        return list(Approval.objects.order_by("id"))


def execution_of(approval: Approval) -> Execution:
    with within(approval.tenant_id):
        return Execution.objects.get(id=approval.execution_id)


def told(approval: Approval) -> list[str]:
    """What the audit trail says of an approval and its execution, oldest first."""
    subjects = [f"approval:{approval.id}", f"execution:{approval.execution_id}"]
    with within(approval.tenant_id):
        return list(AuditEntry.objects.filter(subject__in=subjects).order_by("id").values_list("action", flat=True))
