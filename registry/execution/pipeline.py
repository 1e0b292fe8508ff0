"""The corridor. Every door builds a ToolCall and calls `execute`; reading order is the order of the steps."""

import asyncio

from accounts.api.problems import translate
from accounts.errors import QuartermasterError
from registry.errors import Cancelled
from registry.execution.ask import ask
from registry.execution.cache import look_up
from registry.execution.guard import guard
from registry.execution.limit import limit
from registry.execution.open import must_open, open_execution, replay
from registry.execution.outcome import fresh_outcome, replayed_outcome
from registry.execution.passage import Passage
from registry.execution.permit import permit
from registry.execution.record import record
from registry.execution.redact import stored_forms
from registry.execution.resolve import resolve
from registry.execution.send import send
from registry.execution.shape import shape
from registry.execution.types import Ending, Outcome, ToolCall
from registry.execution.validate import validate
from registry.models import Execution
from registry.models.execution import Status


async def execute(call: ToolCall) -> Outcome:
    """Run one call through all steps. Always returns an outcome: a failure is one, recorded like a success.

    Raises only what keeps it from recording (PostgreSQL away), and CancelledError after having recorded it.
    """
    passage = Passage(call)
    cancelled: asyncio.CancelledError | None = None
    try:
        end = await _walk(passage)
    except asyncio.CancelledError as error:
        cancelled, end = error, _ended_by(Cancelled(), passage)
    except Exception as error:  # noqa: BLE001  the one place where any failure becomes a recorded outcome
        end = _ended_by(translate(error), passage)
    if isinstance(end, Execution):
        await passage.settle(Ending(Status(end.status)))
        return replayed_outcome(end)
    outcome = await asyncio.shield(asyncio.ensure_future(_conclude(passage, end)))
    if cancelled is not None:
        raise cancelled
    return outcome


async def _walk(passage: Passage) -> Ending | Execution:
    call = passage.call
    with passage.timed("resolve"):
        target = passage.target = await resolve(call)
    with passage.timed("permit"):
        decision = permit(call, target)
    with passage.timed("limit"):
        await limit(call, target)
    with passage.timed("validate"):
        validate(call, target)
    if must_open(call, target):
        with passage.timed("open"):
            passage.opened = True  # also when it is cancelled on the way: then `record` has to finish the row
            earlier = await open_execution(call, target, started_at=passage.started_at)
        if earlier is not None:
            passage.opened = False
            return replay(call, earlier)
    with passage.timed("ask"):
        ask(target, decision)
    with passage.timed("cache"):
        found = await look_up(call, target)
        passage.at_the_end(found.settle)
    if found.answer is not None:
        return Ending(Status.SUCCEEDED, answer=found.answer)
    with passage.timed("guard"):
        passage.at_the_end(await guard(call, target))
    with passage.timed("send"):
        answer = await send(call, target, count_attempt=passage.count_attempt)
    with passage.timed("shape"):
        answer = shape(answer, target)
    return Ending(Status.SUCCEEDED, answer=answer, attempts=passage.attempts)


async def _conclude(passage: Passage, ending: Ending) -> Outcome:
    with passage.timed("redact"):
        stored = stored_forms(passage.call, ending)
    await passage.settle(ending)
    with passage.timed("record"):
        finished_at = await record(passage, ending, stored)
    return fresh_outcome(passage, ending, stored, finished_at)


def _ended_by(error: QuartermasterError, passage: Passage) -> Ending:
    """Refused: nothing was sent. Cancelled: the caller went. Failed: everything else."""
    if isinstance(error, Cancelled):
        status = Status.CANCELLED
    elif passage.attempts == 0:
        status = Status.REFUSED
    else:
        status = Status.FAILED
    return Ending(status, error=error, attempts=passage.attempts)
