"""The corridor. Every door builds a ToolCall and calls `execute`; reading order is the order of the steps."""

import asyncio
from functools import partial

from accounts.api.problems import translate
from accounts.tracing import Work, at_work
from registry.execution import news
from registry.execution.ask import ask
from registry.execution.cache import look_up
from registry.execution.ended import ended_by
from registry.execution.forms import as_returned, forms
from registry.execution.guard import guard
from registry.execution.keep import keep
from registry.execution.limit import limit
from registry.execution.nested import nested_call
from registry.execution.open import must_open, open_execution, replay
from registry.execution.outcome import fresh_outcome, standing_outcome
from registry.execution.passage import Passage
from registry.execution.permit import permit
from registry.execution.put_back import put_back
from registry.execution.record import record
from registry.execution.resolve import resolve
from registry.execution.send import send
from registry.execution.shape import shape
from registry.execution.telemetry import tell
from registry.execution.types import NOBODY, Ending, Listener, Outcome, Target, ToolCall
from registry.execution.unresolved import unresolved_redaction
from registry.execution.validate import validate
from registry.execution.watch import watch, why_cancelled
from registry.models import Execution
from registry.models.execution import Status
from registry.shaping.large import LARGE, by_weight
from registry.shaping.weight import weigh
from registry.transports.base import Nested


async def execute(call: ToolCall, listener: Listener = NOBODY) -> Outcome:
    """Run one call through all steps. Always returns an outcome: a failure is one, recorded like a success.

    One that has to wait, for a worker or a person's approval, is told as it stands: pending.

    Raises only what keeps it from recording (PostgreSQL away), and CancelledError after having recorded it.
    """
    with at_work(_work_of(call)):
        return await _pass(Passage(call, listener))


async def _pass(passage: Passage) -> Outcome:
    cancelled: asyncio.CancelledError | None = None
    try:
        end = await _walk(passage)
        passage.ended()
    except asyncio.CancelledError as error:
        end = ended_by(why_cancelled(passage), passage)
        cancelled = None if passage.ended() else error
    except Exception as error:  # noqa: BLE001  the one place where any failure becomes a recorded outcome
        end = ended_by(translate(error), passage)
        passage.ended()
    outcome = await asyncio.shield(asyncio.ensure_future(_conclude(passage, end)))
    if cancelled is not None:
        raise cancelled
    return outcome


async def _walk(passage: Passage) -> Ending | Execution:
    call = passage.call
    if call.resumed is not None:
        watch().hold(passage)
    with passage.timed("resolve"):
        target = passage.target = await resolve(call)
    with passage.timed("permit"):
        verdict = permit(call, target)
    with passage.timed("limit"):
        await limit(call, target, passage)
    with passage.timed("validate"):
        validate(call, target)
    if must_open(call, target, verdict.decision):
        with passage.timed("open"):
            passage.opened = True  # also when it is cancelled on the way: then `record` has to finish the row
            standing = await open_execution(call, target, verdict.decision, started_at=passage.started_at)
        if standing is not None:
            passage.opened = False
            return replay(call, standing)
        watch().hold(passage)
        passage.listener.opened(passage.taken)
    with passage.timed("ask"):
        waiting = await ask(call, target, verdict)
    if waiting is not None:
        return waiting
    with passage.timed("cache"):
        found = await look_up(call, target, passage)
    if found is not None:
        return Ending(Status.SUCCEEDED, answer=found)
    with passage.timed("guard"):
        await guard(call, target, passage)
    with passage.timed("send"):
        answer = await send(call, target, passage, call_tool=partial(_call_nested, passage, target))
    with passage.timed("shape"):
        answer = await shape(answer, target)
    return Ending(Status.SUCCEEDED, answer=answer, attempts=passage.attempts)


async def _conclude(passage: Passage, end: Ending | Execution) -> Outcome:
    try:
        if isinstance(end, Ending) and passage.opened:
            end = await put_back(passage, end) or end
        if isinstance(end, Ending):
            return await _record(passage, end)
        replayed = end.id != passage.call.execution_id
        await passage.settle(Ending(Status(end.status), replayed=replayed))
        return standing_outcome(end, replayed=replayed, limits=passage.taken)
    finally:
        if passage.opened:
            watch().let_go(passage)


async def _record(passage: Passage, ending: Ending) -> Outcome:
    weight = weigh(ending.answer.output, LARGE) if ending.answer else 0
    with passage.timed("redact"):
        if passage.target is None:
            passage.unresolved = await unresolved_redaction(passage.call)
        looked_through = weight + weigh(passage.call.input, LARGE)
        stored, returned, told = await by_weight(looked_through, partial(forms, passage, ending, weight))
    await passage.settle(as_returned(ending, returned))
    with passage.timed("record"):
        if told is not None and passage.target is not None:
            told = await keep(passage.call, passage.target, told)
        recorded = await record(passage, ending, stored, told)
    if passage.is_followed:
        news.tell(passage.call.execution_id)
    if isinstance(recorded, Execution):
        return standing_outcome(recorded, replayed=False, limits=passage.taken)
    tell(passage, ending)
    return fresh_outcome(passage, ending, stored, told, returned.error, recorded)


async def _call_nested(passage: Passage, target: Target, nested: Nested) -> Outcome:
    call = await nested_call(passage.call, target, nested)
    passage.hidden |= call.hidden
    return await execute(call)


def _work_of(call: ToolCall) -> Work:
    return Work(call.trace.trace_id, str(call.execution_id), call.caller.tenant_slug, call.tool)
