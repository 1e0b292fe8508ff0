"""Running a plan: every call gets exactly one end, whatever happens to the others."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from accounts.api.problems import translate
from accounts.errors import QuartermasterError
from registry.batches.filling import Filler, Unfillable
from registry.batches.schedule import run_in_order
from registry.batches.types import (
    ABORTED,
    FAILED,
    SKIPPED,
    UNFINISHED,
    CallEnd,
    CallPlanned,
    Filled,
    OnError,
    Plan,
    PlannedCall,
    Source,
    Told,
)
from registry.errors import Aborted, Skipped


def nobody_counts(ended: int) -> None:
    """Where the count goes that nobody wants to know."""


@dataclass
class Run:
    """One run of a plan."""

    plan: Plan
    call_tool: CallPlanned
    given: Mapping[str, Source] = field(default_factory=dict)
    """What references may name beside the calls."""
    known: Mapping[str, Told] = field(default_factory=dict)
    """Executions that there are already, by call: these are told, not made again."""
    timeout_seconds: float | None = None
    """For all calls together: none starts afterwards, and none may take longer than what is left."""
    count: Callable[[int], None] = nobody_counts
    """Told after each call how many have ended."""

    async def go(self) -> list[CallEnd]:
        """The ends in the order of the plan. Cancelled, all calls that run are cancelled."""
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._deadline = None if self.timeout_seconds is None else loop.time() + self.timeout_seconds
        self._ends: dict[str, CallEnd] = {}
        self._sources = dict(self.given)
        self._calls = {call.id: call for call in self.plan.calls}
        self._broken: str | None = None
        needs = {call.id: call.needs for call in self.plan.calls}
        await run_in_order(needs, self._one, max_parallel=self.plan.max_parallel)
        return [self._ends[call.id] for call in self.plan.calls]

    async def _one(self, name: str) -> None:
        end = self._ends[name] = await self._end_of(self._calls[name])
        if end.succeeded and end.execution is not None:
            self._sources[name] = source_of(end.execution)
        elif self.plan.on_error is OnError.ABORT and self._breaks(end):
            self._broken = self._broken or name
        self.count(len(self._ends))

    def _breaks(self, end: CallEnd) -> bool:
        """Whether it is this one that went wrong: not one that goes on elsewhere, nor one that another kept back."""
        if end.status in UNFINISHED or end.status == ABORTED:
            return False
        return end.status != SKIPPED or all(self._ends[need].succeeded for need in end.call.needs)

    async def _end_of(self, call: PlannedCall) -> CallEnd:
        if call.id in self.known:
            return CallEnd(call, self.known[call.id].status, execution=self.known[call.id])
        lacking = next((self._ends[need] for need in sorted(call.needs) if not self._ends[need].succeeded), None)
        if lacking is not None and lacking.status != ABORTED:
            return CallEnd(call, SKIPPED, error=_skipped_for(lacking))
        left_ms = self._left_ms()
        if self._broken is not None or left_ms == 0:
            return CallEnd(call, ABORTED, error=self._aborted())
        try:
            filled = Filled(call.input, call.input) if call.is_literal else Filler(self._sources).fill(call.input)
        except Unfillable as error:
            return CallEnd(call, SKIPPED, error=Skipped(str(error), extra={"call": error.source}))
        return await self._called(call, filled, left_ms)

    async def _called(self, call: PlannedCall, filled: Filled, left_ms: int | None) -> CallEnd:
        limits = [limit for limit in (call.timeout_ms, left_ms) if limit is not None]
        try:
            execution = await self.call_tool(call, filled, min(limits, default=None))
        except Exception as error:  # noqa: BLE001  what keeps one call from being recorded is not the end of the others
            return CallEnd(call, FAILED, error=translate(error))
        return CallEnd(call, execution.status, execution=execution)

    def _left_ms(self) -> int | None:
        return None if self._deadline is None else max(0, round((self._deadline - self._now()) * 1000))

    def _aborted(self) -> QuartermasterError:
        if self._broken is None:
            return Aborted("This was not called, because the batch's time was used up. Give it a longer `timeout_ms`.")
        return Aborted(
            f"This was not called, because `{self._broken}` did not succeed and `on_error` is `abort`.",
            extra={"call": self._broken},
        )


def source_of(execution: Told) -> Source:
    """What a call that succeeded gives to others."""
    replayed = execution.replayed
    return Source(execution.whole, execution.masked, replayed, replayed and execution.truncated is not None)


def _skipped_for(lacking: CallEnd) -> Skipped:
    name, extra = lacking.call.id, {"call": lacking.call.id}
    if lacking.status in UNFINISHED:
        return Skipped(
            f"This was not called, because it needs `{name}`, which is not finished. "
            "Call it when that execution has ended.",
            extra=extra,
        )
    return Skipped(f"This was not called, because it needs `{name}`, which ended as {lacking.status}.", extra=extra)
