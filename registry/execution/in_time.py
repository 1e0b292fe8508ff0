"""A call whose caller waits only so long (`wait_ms`): what has not ended by then goes on here, and is told as running.

For live conversations: an agent that hears `meanwhile` says it, and asks for the execution again.
"""

import asyncio
import logging

from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.execution.outcome import standing_outcome
from registry.execution.pipeline import execute
from registry.execution.sealed_output import as_told
from registry.execution.types import Nobody, Outcome, ToolCall
from registry.limits.bounds import Taken
from registry.models import Execution

log = logging.getLogger(__name__)

_going_on: set[asyncio.Task[Outcome]] = set()
"""Nobody else holds these tasks; their executions are watched like any other's."""


class _Opening(Nobody):
    """Hears when there is an execution to be told of."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.limits: Taken | None = None

    def opened(self, limits: Taken | None) -> None:
        self.limits = limits
        self.is_open.set()


async def execute_in_time(call: ToolCall) -> Outcome:
    """The outcome, or after `wait_ms` the execution as it stands. A caller who goes before that cancels the call."""
    if call.wait_ms is None:
        return await execute(call)
    opening = _Opening()
    running = asyncio.create_task(execute(call, opening))
    try:
        await asyncio.wait((running,), timeout=call.wait_ms / 1000)
        if not running.done():
            await _until_open(opening, running)
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait((running,))
        raise
    if running.done():
        return running.result()
    _going_on.add(running)
    running.add_done_callback(_ended)
    return await in_database_thread(_standing, call, opening.limits)


async def _until_open(opening: _Opening, running: "asyncio.Task[Outcome]") -> None:
    """What is told can be looked up: so until the row is there, or the call has ended without one."""
    waiting = asyncio.create_task(opening.is_open.wait())
    try:
        await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


def _standing(call: ToolCall, limits: Taken | None) -> Outcome:
    """It may have ended since: then this is its outcome, and not masked."""
    with within(call.caller.tenant_id):
        execution = as_told(Execution.objects.get(id=call.execution_id), call.caller.agent_id)
        return standing_outcome(execution, replayed=False, limits=limits)


def _ended(running: "asyncio.Task[Outcome]") -> None:
    _going_on.discard(running)
    if not running.cancelled() and running.exception() is not None:
        # Not recorded, so PostgreSQL is away: its lease ends, and it is dealt with as abandoned.
        log.error("A call that went on could not be recorded.", exc_info=running.exception())
