"""Step 5: one INSERT writes the execution as running, with a lease, and claims its idempotency key.

Only calls of read-only tools without a key skip it: nothing is lost when they vanish, and `record` writes them once.
"""

import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from accounts.decisions import Decision
from accounts.errors import Unavailable
from accounts.inserting import insert_together
from accounts.offload import in_database_thread
from accounts.tenancy import NoScope, within
from integrations.vault import seal
from registry.errors import IdempotencyConflict
from registry.execution.leases import lease
from registry.execution.sealed_output import as_told
from registry.execution.stored_input import stored_input
from registry.execution.types import Mode, Target, ToolCall
from registry.execution.wake import wake
from registry.models import Execution
from registry.models.execution import FIRST_RUN, Status, WaitsFor
from registry.request_digests import digest_of

MOST_TRIES = 5
"""How often a call tries to get a key that others have for a moment each."""


def must_open(call: ToolCall, target: Target, decision: Decision) -> bool:
    """Whether somebody may look the execution up, or take it up, before it has ended. A resumed one is open."""
    if call.resumed is not None:
        return False
    return (
        not target.read_only
        or call.idempotency_key is not None
        or call.mode is not Mode.SYNC
        or call.wait_ms is not None
        or decision is Decision.ASK
    )


async def open_execution(
    call: ToolCall, target: Target, decision: Decision, *, started_at: datetime
) -> Execution | None:
    """None: the call is this process's to run. Otherwise what its caller is told: it waits, or has its key already."""
    return await in_database_thread(_claim, call, target, decision, started_at)


def replay(call: ToolCall, earlier: Execution) -> Execution:
    """The earlier execution, to be told again. Raises IdempotencyConflict when its key was used for another request."""
    if earlier.id != call.execution_id and bytes(earlier.request_digest or b"") != request_digest(call):
        raise IdempotencyConflict
    return earlier


def _claim(call: ToolCall, target: Target, decision: Decision, started_at: datetime) -> Execution | None:
    row = _sealed(call, target, started_at)
    for _ in range(MOST_TRIES):
        try:
            _insert(row, leave_to_a_worker=call.mode is Mode.ASYNC and decision is Decision.ALLOW)
        except IntegrityError:
            if call.idempotency_key is None:
                raise
            earlier = _earlier(call)
            if earlier is not None:
                return earlier
            # It was refused and gave its key back, in between: the key is free again.
        else:
            return row if row.status == Status.PENDING else None
    raise Unavailable(
        "Calls with this Idempotency-Key came and were refused, one after the other, while this one waited for the "
        "key. Nothing was sent. Call again in a moment.",
        retry_after=1,
    )


def _insert(row: Execution, *, leave_to_a_worker: bool) -> None:
    """Raises IntegrityError while another call has its key."""
    if leave_to_a_worker:
        row.status, row.waits_for = Status.PENDING, WaitsFor.WORKER
        with within(row.tenant_id):
            row.save(force_insert=True)
            wake(row.tenant_id, row.id)
    else:
        row.status, row.run, row.lease_until = Status.RUNNING, FIRST_RUN, lease()
        insert_together(row.tenant_id, row)


def _earlier(call: ToolCall) -> Execution | None:
    """The execution that has the call's key, if there still is one."""
    agent_id = call.caller.agent_id
    with within(call.caller.tenant_id):
        earlier = Execution.objects.filter(agent=agent_id, idempotency_key=call.idempotency_key).first()
        return earlier and as_told(earlier, agent_id)


def _sealed(call: ToolCall, target: Target, started_at: datetime) -> Execution:
    """The row. While the tenant's data key is in memory, sealing its input takes no trip to the database."""
    try:
        return _new(call, target, started_at)
    except NoScope:
        with within(call.caller.tenant_id):
            return _new(call, target, started_at)


def _new(call: ToolCall, target: Target, started_at: datetime) -> Execution:
    raw = json.dumps(call.input, ensure_ascii=False, separators=(",", ":")).encode()
    return Execution(
        id=call.execution_id,
        tenant_id=call.caller.tenant_id,
        agent_id=call.caller.agent_id,
        tool_id=target.tool_id,
        tool_version_id=target.version_id,
        tool_slug=target.slug,
        version=target.version,
        operation=call.operation,
        mode=call.mode,
        input=stored_input(call, target.redaction),
        trace_id=call.trace.trace_id,
        conversation=call.conversation,
        provider=call.provider or call.caller.provider,
        tried=list(call.tried),
        parent_id=call.parent_id,
        connection_id=target.connection_id,
        options=_options(call, target),
        idempotency_key=call.idempotency_key,
        request_digest=request_digest(call) if call.idempotency_key is not None else None,
        sealed_input=seal(
            tenant_id=call.caller.tenant_id,
            purpose="execution",
            field=f"{call.execution_id}:input",
            plaintext=raw,
        ),
        started_at=started_at,
    )


def _options(call: ToolCall, target: Target) -> dict[str, Any]:
    """What was asked beside the columns, for `resume`, and what to say meanwhile; only what there is."""
    asked = {
        "key": call.caller.key_id and str(call.caller.key_id),
        "person": call.caller.person_id and str(call.caller.person_id),
        "timeout_ms": call.timeout_ms,
        "fields": list(call.fields),
        "max_tokens": call.max_tokens,
        "end_user": call.end_user,
        "effect_key": call.effect_key,
        "traceparent": call.traceparent,
        "meanwhile": target.meanwhile,
    }
    return {name: value for name, value in asked.items() if value}


def request_digest(call: ToolCall) -> bytes:
    """Of what makes two requests the same: tool, range, operation, mode, input, keys in order, shape and end user."""
    request: list[Any] = [call.tool, call.version, call.operation, call.mode, call.input]
    if call.fields or call.max_tokens:
        request += [list(call.fields), call.max_tokens]
    if call.end_user:
        request += [{"end_user": call.end_user}]
    return digest_of(request)
