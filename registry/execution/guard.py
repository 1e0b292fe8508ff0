"""Step 8: the circuit breaker of a version, tenant and connection, shared by all processes. Closed without Redis."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

from registry.breakers.circuit import ENTER, FAILED, PASSED, TAKEN_BACK, Circuit, circuit_of, entering, failing
from registry.breakers.transitions import tell_closed, tell_half_opened, tell_opened
from registry.errors import CircuitOpen
from registry.execution.passage import Afterwards, Passage, Settle
from registry.execution.shared import Commands
from registry.execution.types import Ending, Target, ToolCall
from registry.models.execution import Status

TRIAL_MARGIN_MS = 1000

_REFUSED, _TRIAL = 0, 2


async def guard(call: ToolCall, target: Target, passage: Passage) -> Settle | None:
    """Raises CircuitOpen. The settle tells the breaker how the call ended; after a success there is nothing to tell."""
    if target.hold is not None:
        _obey(target)
        return None
    circuit = circuit_of(call.caller.tenant_id, target.version_id)
    keys, arguments = entering(circuit, target.breaker, passage.holder, target.timeout_ms_for(call) + TRIAL_MARGIN_MS)
    verdict = await ENTER(keys, arguments)
    if verdict is None:
        return None
    let_in, number, half_opened, failures, calls = verdict
    if half_opened:
        await tell_half_opened(circuit, tool=str(target.tool_id), version=target.version)
    if let_in == _REFUSED:
        raise CircuitOpen(
            f"`{target.slug}` failed in {failures} of {calls} calls and is left alone for a while. "
            f"Try again after {number / 1000:.1f} seconds.",
            retry_after=number / 1000,
        )
    return partial(_tell, circuit, target, passage.holder, let_in == _TRIAL, number)


def _obey(target: Target) -> None:
    if target.hold is not None and target.hold.is_open:
        raise CircuitOpen(
            f"The circuit of `{target.slug}` is held open ({target.hold.reason}). "
            f"An operator of your tenant can release it: `POST /api/v1/breakers/{target.slug}/release/`."
        )


def _tell(
    circuit: Circuit, target: Target, holder: str, is_trial: bool, slot: int, ending: Ending, commands: Commands
) -> Afterwards | None:
    place = len(commands)
    if ending.upstream_failed:
        FAILED.add_to(commands, *failing(circuit, target.breaker, holder))
        return partial(_after_failure, circuit, target, place)
    if is_trial and ending.upstream_answered:
        PASSED.add_to(commands, circuit.keys, [holder, target.breaker.trials, str(circuit.version_id)])
        return partial(_after_trial, circuit, target, place)
    if ending.status is not Status.SUCCEEDED:
        # The caller's own mistake, or the caller went: that says nothing about the service.
        TAKEN_BACK.add_to(commands, circuit.keys, [holder, slot])
    return None


async def _after_failure(circuit: Circuit, target: Target, place: int, results: Sequence[Any]) -> None:
    opened, failures, calls = results[place]
    if opened:
        tool = str(target.tool_id)
        await tell_opened(circuit, tool=tool, version=target.version, failures=failures, calls=calls)


def _after_trial(circuit: Circuit, target: Target, place: int, results: Sequence[Any]) -> Awaitable[None] | None:
    return tell_closed(circuit, tool=str(target.tool_id), version=target.version) if results[place] else None
