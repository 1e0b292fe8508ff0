"""Tools that are batches of other tools: `{"calls": […], "output": {…}}`. Each call passes the whole corridor.

How deep composites stand in one another is known here alone: whoever calls a tool on the way runs in the same context.
"""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from accounts.api.problems import problem
from accounts.errors import Fault, QuartermasterError
from integrations.errors import UpstreamTimeout
from integrations.redaction import as_masked
from registry.batches.composite import ERRORS, Composite, check_composite, read_composite
from registry.batches.filling import Filler, Unfillable
from registry.batches.references import INPUT
from registry.batches.run import Run, source_of
from registry.batches.types import ABORTED, SKIPPED, CallEnd, Filled, OnError, PlannedCall, Source
from registry.errors import CallFailed, InvalidOutput, OutcomeUnknown
from registry.shaping.large import by_size
from registry.transports.base import Declared, Dispatch, Nested, NestedOutcome, Reply

DEEPEST = 4
"""Composites inside one another, the outermost included."""
MOST_IN_ALL = 200
"""Calls that one composite makes, those of the composites that it calls included."""


@dataclass
class _Around:
    """The composite calls that a call stands in."""

    depth: int
    budget: list[int]
    """How many calls may still be made: one number, shared by all of them."""


_around: ContextVar[_Around | None] = ContextVar("composite", default=None)


class CompositeTransport:
    def check(self, declared: Declared) -> list[Fault]:
        faults = check_composite(declared.definition, declared.input_schema)
        if declared.endpoints:
            faults.append(Fault("$.endpoints", "A composite has no endpoints. Leave this out."))
        return faults

    async def send(self, dispatch: Dispatch) -> Reply:
        composite = read_composite(dispatch.declared.definition)
        token = _around.set(_entered(len(composite.plan.calls)))
        try:
            own = await _own_input(dispatch)
            ends = await _run(composite, dispatch, own)
        finally:
            _around.reset(token)
        output = await _output(composite, own, ends)
        return Reply(output.value, masked=output.if_masked)

    def repeatable(self, declared: Declared) -> bool:
        """A version says of itself that it is `read_only` or `idempotent`, and may if all its tools are."""
        return False


def _entered(calls: int) -> _Around:
    outer = _around.get() or _Around(0, [MOST_IN_ALL])
    if outer.depth == DEEPEST:
        raise CallFailed(f"Composites call composites more than {DEEPEST} deep here. One of them may call itself.")
    outer.budget[0] -= calls
    if outer.budget[0] < 0:
        raise CallFailed(f"This would be more than {MOST_IN_ALL} calls in all. Make fewer in one composite.")
    return _Around(outer.depth + 1, outer.budget)


async def _own_input(dispatch: Dispatch) -> Source:
    masked = await by_size(dispatch.input, dispatch.masked_input) if dispatch.masked_input else dispatch.input
    return Source(dispatch.input, masked)


async def _run(composite: Composite, dispatch: Dispatch, own: Source) -> list[CallEnd]:
    call_tool = dispatch.call_tool
    if call_tool is None:
        raise RuntimeError("A composite can be called inside the corridor only.")
    total = len(composite.plan.calls)

    async def call(planned: PlannedCall, filled: Filled, timeout_ms: int | None) -> NestedOutcome:
        return await call_tool(
            Nested(planned.tool, filled.value, planned.version, planned.operation, timeout_ms, filled.if_masked)
        )

    def count(ended: int) -> None:
        dispatch.progress(ended / total, f"{ended} of {total} calls have ended")

    return await Run(
        composite.plan, call, given={INPUT: own}, timeout_seconds=dispatch.timeout_seconds, count=count
    ).go()


async def _output(composite: Composite, own: Source, ends: list[CallEnd]) -> Filled:
    failed = [end for end in ends if not end.succeeded]
    goes_on = composite.plan.on_error is OnError.CONTINUE
    if failed and not (goes_on and len(failed) < len(ends)):
        raise _failure(failed)
    given = {end.call.id: _given(end) for end in ends}
    if composite.output is None:
        return await _all_of(given)
    errors = {end.call.id: _document(end) for end in failed}
    filler = Filler({INPUT: own, ERRORS: Source(errors, errors), **given}, lenient=goes_on)
    try:
        return filler.fill(composite.output)
    except Unfillable as error:
        raise InvalidOutput(f"The output of this composite cannot be made. {error}") from error


def _given(end: CallEnd) -> Source:
    return source_of(end.execution) if end.succeeded and end.execution else Source(None, None)


async def _all_of(given: Mapping[str, Source]) -> Filled:
    """In a thread where something is masked, since the outputs may be large."""
    value = {name: source.output for name, source in given.items()}
    if all(source.masked is source.output for source in given.values()):
        return Filled(value, value)
    return await asyncio.to_thread(_with_masked, value, given)


def _with_masked(value: dict[str, Any], given: Mapping[str, Source]) -> Filled:
    masked = {name: as_masked(source.output, source.masked) for name, source in given.items()}
    return Filled(value, value if masked == value else masked)


def _failure(failed: list[CallEnd]) -> QuartermasterError:
    """The first that went wrong by itself, not for want of another."""
    causes = [end for end in failed if end.status not in (SKIPPED, ABORTED)]
    causes = causes or [end for end in failed if end.status == SKIPPED]
    if not causes:
        return UpstreamTimeout("The composite's time was used up before all of its calls were made.", sent=True)
    document = _document(causes[0])
    kind = OutcomeUnknown if document.get("code") == OutcomeUnknown.code else CallFailed
    name, tool = causes[0].call.id, causes[0].call.tool
    return kind(
        f"The call `{name}` of `{tool}` did not succeed: {document.get('detail', causes[0].status)}",
        extra={"cause": _cause(causes[0], document)},
        retry_after=document.get("retry_after"),
    )


def _cause(end: CallEnd, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "call": end.call.id,
        "tool": end.call.tool,
        "status": end.status,
        "execution_id": str(end.execution.id) if end.execution else None,
        "error": dict(document),
    }


def _document(end: CallEnd) -> dict[str, Any]:
    if end.error is not None:
        return problem(end.error)
    return (end.execution.error if end.execution else None) or {"code": end.status, "detail": f"It is {end.status}."}
