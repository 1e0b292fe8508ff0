"""Step 12: the outcome and its audit entry, which is also the event, in one transaction."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts import audit
from accounts.inserting import insert_together, insert_with_others
from accounts.models import AuditEntry
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.artifacts.keep import as_told
from registry.execution.flood import count_up, counted_row
from registry.execution.passage import Passage
from registry.execution.sealed_output import sealed_output
from registry.execution.types import Ending, Recorded, StoredForms, Told
from registry.limits.give_back import give_back_quota
from registry.models import Execution
from registry.models.execution import ExecutionQuerySet, Status


async def record(
    passage: Passage, ending: Ending, stored: StoredForms, told: Told | None = None
) -> Recorded | Execution:
    """Write how the call ended. An execution that `open` wrote is finished, any other is inserted.

    A refusal that comes in a flood is counted instead, unless somebody may look for its own row.

    Where the execution is not this process's any more, nothing is written and what stands is returned.
    """
    at = timezone.now()
    counted = None if passage.is_followed else await counted_row(passage.call, ending, at)
    recorded = Recorded(counted or passage.call.execution_id, at)
    stored = _as_told(stored, told)
    result, entry = _result(passage, ending, stored, at), _entry(passage, ending, stored, recorded)
    beside: list[Model] = [entry] if stored.artifact is None else [entry, stored.artifact]
    if counted:
        row = Execution(**_identity(passage) | result | {"id": counted})
        return await in_database_thread(_count, passage, row, entry) or recorded
    if passage.opened:
        return await in_database_thread(_finish, passage, result, beside, told) or recorded
    await insert_with_others(passage.call.caller.tenant_id, Execution(**_identity(passage), **result), *beside)
    return recorded


def _as_told(stored: StoredForms, told: Told | None) -> StoredForms:
    """The row keeps what the caller was told, its secrets masked."""
    if told is None:
        return stored
    return replace(stored, output=told.stored, truncated=told.stored_truncated, artifact=told.artifact)


def _finish(passage: Passage, result: dict[str, Any], beside: Sequence[Model], told: Told | None) -> Execution | None:
    """Unless the lease was over and another process ended it or took it up (`run`): then that one's outcome stands."""
    call = passage.call
    with within(call.caller.tenant_id):
        result["sealed_output"] = sealed_output(call.caller.tenant_id, call.execution_id, told)
        if _ours(passage).update(**result):
            insert_together(call.caller.tenant_id, *beside)
            if call.resumed is not None and result["status"] is Status.REFUSED:
                give_back_quota(Execution.objects.get(id=call.execution_id))
            return None
        standing = Execution.objects.filter(id=call.execution_id).first()
        if standing is None and call.resumed is None:
            # `open` failed, or was cancelled, before it had written the row.
            insert_together(call.caller.tenant_id, Execution(**_identity(passage), **result), *beside)
        return standing


def _count(passage: Passage, row: Execution, entry: AuditEntry) -> Execution | None:
    """In place of the row that `open` wrote, where it did and it is still ours. Only the first of a flood is news."""
    with within(row.tenant_id):
        if passage.opened and not _ours(passage).delete()[0]:
            return Execution.objects.filter(id=passage.call.execution_id).first()
        if count_up(row):
            entry.save(force_insert=True)
        return None


def _ours(passage: Passage) -> ExecutionQuerySet:
    """The row, as long as no other process has ended it or taken it up."""
    return Execution.objects.filter(id=passage.call.execution_id, status=Status.RUNNING, run=passage.run)


def _result(passage: Passage, ending: Ending, stored: StoredForms, finished_at: datetime) -> dict[str, Any]:
    result: dict[str, Any] = {
        "status": ending.status,
        "input": stored.input,
        "output": stored.output,
        "truncated": stored.truncated,
        "artifact": as_told(stored.artifact) if stored.artifact else None,
        "error": stored.error,
        "timings": dict(passage.timings),
        "attempts": ending.attempts,
        "attempt_log": passage.attempt_log,
        "cached": ending.answer is not None and ending.answer.cached,
        "finished_at": finished_at,
        "sealed_input": None,
        "lease_until": None,
    }
    if passage.opened and ending.error is not None and not ending.attempts:
        # Nothing was sent under the key, so the same request may come again and be run.
        result |= {"idempotency_key": None, "request_digest": None}
    return result


def _identity(passage: Passage) -> dict[str, Any]:
    call, target = passage.call, passage.target
    return {
        "id": call.execution_id,
        "tenant_id": call.caller.tenant_id,
        "agent_id": call.caller.agent_id,
        "tool_id": target.tool_id if target else None,
        "tool_version_id": target.version_id if target else None,
        "tool_slug": call.tool[:64],
        "version": target.version if target else "",
        "operation": call.operation[:100],
        "trace_id": call.trace.trace_id,
        "conversation": call.conversation,
        "provider": call.provider or call.caller.provider,
        "tried": list(call.tried),
        "mode": call.mode,
        "parent_id": call.parent_id,
        "connection_id": target.connection_id if target else None,
        "started_at": passage.started_at,
    }


def _entry(passage: Passage, ending: Ending, stored: StoredForms, recorded: Recorded) -> AuditEntry:
    target = passage.target
    return audit.entry(
        tenant_id=passage.call.caller.tenant_id,
        actor=passage.call.caller.actor,
        action=f"execution.{ending.status}",
        subject=f"execution:{recorded.execution_id}",
        detail={
            "tool": str(target.tool_id) if target else None,
            "version": target.version if target else None,
            "code": ending.error.code if ending.error else None,
            "digest": _digest(stored),
            **_gone_out_with(passage),
            **({"artifact": str(stored.artifact.id), "sha256": stored.artifact.sha256} if stored.artifact else {}),
        },
    )


def _gone_out_with(passage: Passage) -> dict[str, str]:
    """The connection and credential whose secret was used, by id."""
    connection = passage.target.connection_id if passage.target else None
    if connection is None or passage.credential_id is None:
        return {}
    return {"connection": str(connection), "credential": str(passage.credential_id)}


def _digest(stored: StoredForms) -> str:
    """SHA-256 of the stored forms: whoever changes the execution's row can be found out."""
    forms = json.dumps([stored.input, stored.output, stored.error], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(forms.encode()).hexdigest()
