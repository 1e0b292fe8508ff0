"""Going on with an execution that waits for a worker: whoever claims its row runs it, from the top of the corridor."""

import json
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from accounts.absent import absent_caller
from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.errors import VaultLocked
from integrations.vault import open_sealed
from registry.ending import end_execution
from registry.errors import ToolNotFound
from registry.execution.leases import lease
from registry.execution.pipeline import execute
from registry.execution.types import NOBODY, Listener, Mode, Outcome, Resumed, ToolCall
from registry.models import Execution, Tool
from registry.models.execution import Status

ACTOR = "system:resume"
PUT_OFF = timedelta(seconds=30)
"""How long what could not be claimed is left alone, so that it does not stand in the way of what can."""


async def resume(tenant_id: UUID, execution_id: UUID, listener: Listener = NOBODY) -> Outcome | None:
    """The outcome; None when somebody else has it, it is not due, or its caller may not call any more."""
    call = await in_database_thread(claim, tenant_id, execution_id)
    return None if call is None else await execute(call, listener)


def claim(tenant_id: UUID, execution_id: UUID) -> ToolCall | None:
    """Take the row for this process and make its call of it again; ended as refused when it may not be made.

    It waits for whoever holds the row: that may be a second person who decides, and who will leave it as it is.
    """
    with within(tenant_id):
        row = Execution.objects.due(Now()).select_for_update().filter(id=execution_id).first()
        if row is None:
            return None
        try:
            call = _call(row)
        except VaultLocked:
            raise  # it will be opened again; until then the call waits
        except QuartermasterError as error:
            end_execution(row, status=Status.REFUSED, error=error, actor=ACTOR)
            return None
        row.status, row.waits_for, row.due_at = Status.RUNNING, "", None
        row.run, row.lease_until = row.run + 1, lease()
        row.save(update_fields=["status", "waits_for", "due_at", "run", "lease_until"])
    return call


def put_off(tenant_id: UUID, execution_id: UUID) -> None:
    """It could not be claimed: whatever kept it may pass, and others come first meanwhile."""
    with within(tenant_id):
        Execution.objects.due(Now()).filter(id=execution_id).update(due_at=Now() + PUT_OFF)


def _call(row: Execution) -> ToolCall:
    """As it was made, but of the very version that was chosen then. Raises what keeps it from being made."""
    if row.tool_id is None or not Tool.objects.living().filter(id=row.tool_id).exists():
        raise ToolNotFound(f"`{row.tool_slug}` was retired before the call could be made.")
    options = row.options
    raw = open_sealed(
        tenant_id=row.tenant_id,
        purpose="execution",
        field=f"{row.id}:input",
        sealed=row.sealed_input or b"",
    )
    return ToolCall(
        caller=absent_caller(
            tenant_id=row.tenant_id,
            agent_id=row.agent_id,
            key_id=_uuid(options.get("key")),
            person_id=_uuid(options.get("person")),
        ),
        tool=row.tool_slug,
        input=json.loads(raw),
        masked=row.input if row.parent_id else None,
        version=row.version,
        operation=row.operation,
        timeout_ms=options.get("timeout_ms"),
        idempotency_key=row.idempotency_key,
        effect_key=options.get("effect_key", ""),
        conversation=row.conversation,
        provider=row.provider,
        tried=tuple(row.tried),
        execution_id=row.id,
        mode=Mode(row.mode),
        parent_id=row.parent_id,
        fields=tuple(options.get("fields", ())),
        max_tokens=options.get("max_tokens"),
        end_user=options.get("end_user", ""),
        traceparent=options.get("traceparent", ""),
        resumed=Resumed(run=row.run + 1, started_at=row.started_at, attempts=row.attempts),
    )


def _uuid(written: str | None) -> UUID | None:
    return UUID(written) if written else None
