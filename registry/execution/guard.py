"""Step 8: the circuit breaker of a version, tenant and connection, shared by all processes. Closed without Redis."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from registry.breakers.circuit import ENTER, FAILED, PASSED, TAKEN_BACK, Circuit, circuit_of, entering, failing
from registry.breakers.transitions import tell_closed, tell_half_opened, tell_opened
from registry.errors import CircuitOpen
from registry.execution.passage import Afterwards, Passage
from registry.execution.shared import Commands
from registry.execution.types import Ending, Target, ToolCall
from registry.models.execution import Status

TRIAL_MARGIN_MS = 1000

_REFUSED, _TRIAL = 0, 2


@dataclass
class _Entry:
    """How a call came through, as far as it was heard, and what the circuit is told when it has ended."""

    circuit: Circuit
    target: Target
    holder: str
    let_in: int | None = None
    """None: Redis is away, or the caller went before it had answered."""
    number: int = -1
    """The slot it was counted in; of one that was refused, the milliseconds to wait."""

    def leave(self, ending: Ending, commands: Commands) -> Afterwards | None:
        """After a success there is nothing to tell."""
        place = len(commands)
        if self.let_in is not None and ending.upstream_failed:
            FAILED.add_to(commands, *failing(self.circuit, self.target.breaker, self.holder))
            return partial(_after_failure, self.circuit, self.target, place)
        if self.let_in == _TRIAL and ending.upstream_answered:
            told = [self.holder, self.target.breaker.trials, self.circuit.name]
            PASSED.add_to(commands, self.circuit.keys, told)
            return partial(_after_trial, self.circuit, self.target, place)
        if self.let_in is None or (self.let_in != _REFUSED and ending.status is not Status.SUCCEEDED):
            # The caller's own mistake, or the caller went, or our process did: that says nothing about the service.
            TAKEN_BACK.add_to(commands, self.circuit.keys, [self.holder, self.number])
        return None


async def guard(call: ToolCall, target: Target, passage: Passage) -> None:
    """Raises CircuitOpen. The breaker is told at the end how the call ended."""
    if target.hold is not None:
        _obey(target)
        return
    circuit = circuit_of(call.caller.tenant_id, target.version_id, target.connection_id)
    entry = _Entry(circuit, target, passage.holder)
    passage.at_the_end(entry.leave)
    keys, arguments = entering(circuit, target.breaker, passage.holder, target.timeout_ms_for(call) + TRIAL_MARGIN_MS)
    verdict = await ENTER(keys, arguments)
    if verdict is None:
        return
    entry.let_in, entry.number, half_opened, failures, calls = verdict
    if half_opened:
        await tell_half_opened(circuit, tool=str(target.tool_id), version=target.version)
    if entry.let_in == _REFUSED:
        raise CircuitOpen(
            f"`{target.slug}` failed in {failures} of {calls} calls and is left alone for a while. "
            f"Try again after {entry.number / 1000:.1f} seconds.",
            retry_after=entry.number / 1000,
        )


def _obey(target: Target) -> None:
    if target.hold is not None and target.hold.is_open:
        raise CircuitOpen(
            f"The circuit of `{target.slug}` is held open ({target.hold.reason}). "
            f"An operator of your tenant can release it: `POST /api/v1/breakers/{target.slug}/release/`."
        )


async def _after_failure(circuit: Circuit, target: Target, place: int, results: Sequence[Any]) -> None:
    opened, failures, calls = results[place]
    if opened:
        tool = str(target.tool_id)
        await tell_opened(circuit, tool=tool, version=target.version, failures=failures, calls=calls)


def _after_trial(circuit: Circuit, target: Target, place: int, results: Sequence[Any]) -> Awaitable[None] | None:
    return tell_closed(circuit, tool=str(target.tool_id), version=target.version) if results[place] else None
