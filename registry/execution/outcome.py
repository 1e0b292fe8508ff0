"""What the caller is told: of a call that was just run, and of one that is replayed."""

from typing import Any

from registry.artifacts.keep import as_told
from registry.execution.elsewhere import may_go_elsewhere
from registry.execution.passage import Passage
from registry.execution.types import Ending, Outcome, Recorded, StoredForms, Told
from registry.limits.bounds import Taken
from registry.models import Execution
from registry.models.execution import Status


def fresh_outcome(
    passage: Passage,
    ending: Ending,
    stored: StoredForms,
    told: Told | None,
    error: dict[str, Any] | None,
    recorded: Recorded,
) -> Outcome:
    """`error` is the problem as the caller may be told it."""
    call, target = passage.call, passage.target
    return Outcome(
        id=recorded.execution_id,
        tool=target.slug if target else call.tool,
        version=target.version if target else "",
        status=ending.status,
        input=stored.input,
        output=told.output if told else None,
        error=error,
        timings=dict(passage.timings),
        attempts=ending.attempts,
        cached=ending.answer is not None and ending.answer.cached,
        tried=call.tried,
        operation=call.operation,
        agent=call.caller.agent_id,
        tenant=call.caller.tenant_id,
        trace_id=call.trace.trace_id,
        idempotency_key=call.idempotency_key,
        started_at=passage.started_at,
        finished_at=recorded.at,
        mode=call.mode,
        truncated=told.truncated if told else None,
        artifact=as_told(told.artifact) if told and told.artifact else None,
        whole=told.whole if told else None,
        masked=stored.output,
        parent_id=call.parent_id,
        attempt_log=passage.attempt_log,
        limits=passage.taken,
        may_go_elsewhere=may_go_elsewhere(ending, target),
    )


def standing_outcome(execution: Execution, *, replayed: bool = True, limits: Taken | None = None) -> Outcome:
    """The execution as it stands now, from its row."""
    return Outcome(
        id=execution.id,
        tool=execution.tool_slug,
        version=execution.version,
        status=Status(execution.status),
        input=execution.input,
        output=execution.output,
        error=execution.error,
        timings=execution.timings,
        attempts=execution.attempts,
        cached=execution.cached,
        tried=tuple(execution.tried),
        operation=execution.operation,
        agent=execution.agent_id,
        tenant=execution.tenant_id,
        trace_id=execution.trace_id,
        idempotency_key=execution.idempotency_key,
        started_at=execution.started_at,
        finished_at=execution.finished_at,
        replayed=replayed,
        mode=execution.mode,
        truncated=execution.truncated,
        artifact=execution.artifact,
        whole=execution.output,
        masked=execution.output if execution.masked_output is None else execution.masked_output,
        waits_for=execution.waits_for,
        progress=execution.progress,
        parent_id=execution.parent_id,
        attempt_log=execution.attempt_log,
        limits=limits,
        count=execution.count,
        meanwhile="" if execution.finished_at else execution.options.get("meanwhile", ""),
    )
