"""Every call of a batch has exactly one end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.ids import new_id
from registry.batches.reading import read_calls
from registry.batches.run import Run
from registry.batches.types import CallEnd, Filled, OnError, Plan, PlannedCall


@dataclass
class Execution:
    status: str = "succeeded"
    output: Any = None
    error: dict[str, Any] | None = None
    replayed: bool = False
    truncated: dict[str, Any] | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def whole(self) -> Any:
        return self.output

    @property
    def masked(self) -> Any:
        return self.output


@dataclass
class Tools:
    """Answers with what the input says: `{"status": "failed"}`, `{"output": 7}`, `{"raise": True}`; notes all calls."""

    called: list[tuple[str, Mapping[str, Any], int | None]] = field(default_factory=list)
    busy: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, call: PlannedCall, filled: Filled, timeout_ms: int | None) -> Execution:
        values = filled.value
        self.called.append((call.id, values, timeout_ms))
        self.busy.set()
        await asyncio.sleep(values.get("seconds", 0))
        if values.get("raise"):
            raise OperationalError("gone")
        return Execution(values.get("status", "succeeded"), values.get("output", {"of": call.id}))

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.called]


def plan(*calls: tuple[str, str, dict[str, Any]], on_error: str = "continue", max_parallel: int = 10) -> Plan:
    """`("c", "a b", {})`: c depends on a and b."""
    raw = [{"id": name, "tool": "t", "input": values, "depends_on": needs.split()} for name, needs, values in calls]
    reading = read_calls(raw, "$.calls", most=100)
    assert reading.faults == []
    return Plan(reading.calls, max_parallel, OnError(on_error))


def run(of: Plan, **more: Any) -> tuple[list[CallEnd], Tools]:
    tools = Tools()
    return asyncio.run(Run(of, tools, **more).go()), tools


def statuses(ends: list[CallEnd]) -> dict[str, str]:
    return {end.call.id: end.status for end in ends}


def reason(ends: list[CallEnd], name: str) -> str:
    (error,) = [end.error for end in ends if end.call.id == name]
    assert error is not None
    return error.message


FAILED = {"status": "failed"}


def test_it_hands_results_on() -> None:
    ends, tools = run(
        plan(("b", "", {"output": {"$from": "a", "path": "$.id"}}), ("a", "", {"output": {"id": 7}})),
    )
    assert [(end.call.id, end.execution and end.execution.output) for end in ends] == [("b", 7), ("a", {"id": 7})]
    assert tools.names == ["a", "b"]


def test_it_skips_what_needs_a_call_that_failed_and_runs_all_others() -> None:
    ends, tools = run(plan(("a", "", FAILED), ("b", "a", {}), ("c", "b", {}), ("d", "", {})))
    assert statuses(ends) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "succeeded"}
    assert tools.names == ["a", "d"]
    assert reason(ends, "b") == "This was not called, because it needs `a`, which ended as failed."
    assert reason(ends, "c") == "This was not called, because it needs `b`, which ended as skipped."


def test_it_skips_what_finds_nothing_at_its_path() -> None:
    ends, tools = run(plan(("a", "", {"output": {}}), ("b", "", {"x": {"$from": "a", "path": "$.id"}})))
    assert statuses(ends) == {"a": "succeeded", "b": "skipped"}
    assert reason(ends, "b") == "The output of `a` has nothing at `$.id`."
    assert tools.names == ["a"]


@pytest.mark.parametrize("status", ["pending", "running"])
@pytest.mark.parametrize("on_error", ["continue", "abort"])
def test_it_skips_what_needs_a_call_that_is_not_finished(status: str, on_error: str) -> None:
    ends, _ = run(plan(("a", "", {"status": status}), ("b", "a", {}), ("c", "", {}), on_error=on_error))
    assert statuses(ends) == {"a": status, "b": "skipped", "c": "succeeded"}
    assert "`a`, which is not finished" in reason(ends, "b")


@pytest.mark.parametrize("status", ["failed", "refused", "cancelled"])
def test_it_starts_nothing_new_after_a_failure_when_told_to_abort(status: str) -> None:
    ends, tools = run(
        plan(
            ("slow", "", {"seconds": 0.05}),
            ("a", "", {"status": status}),
            ("b", "", {}),
            ("c", "slow", {}),
            ("d", "a", {}),
            on_error="abort",
            max_parallel=2,
        )
    )
    assert statuses(ends) == {"slow": "succeeded", "a": status, "b": "aborted", "c": "aborted", "d": "skipped"}
    assert tools.names == ["slow", "a"]
    assert reason(ends, "b") == "This was not called, because `a` did not succeed and `on_error` is `abort`."


def test_it_aborts_also_when_a_path_leads_nowhere() -> None:
    ends, _ = run(
        plan(
            ("a", "", {}),
            ("b", "", {"x": {"$from": "a", "path": "$.no"}}),
            ("c", "", {}),
            on_error="abort",
            max_parallel=1,
        )
    )
    assert statuses(ends) == {"a": "succeeded", "b": "skipped", "c": "aborted"}


def test_it_gives_an_end_to_a_call_that_could_not_be_recorded() -> None:
    ends, _ = run(plan(("a", "", {"raise": True}), ("b", "a", {}), ("c", "", {})))
    assert statuses(ends) == {"a": "failed", "b": "skipped", "c": "succeeded"}
    assert ends[0].error is not None
    assert ends[0].error.code == "unavailable"


def test_it_starts_nothing_when_its_time_is_used_up() -> None:
    ends, tools = run(plan(("a", "", {"seconds": 0.05}), ("b", "a", {}), ("c", "b", {})), timeout_seconds=0.03)
    assert statuses(ends) == {"a": "succeeded", "b": "aborted", "c": "aborted"}
    assert "`timeout_ms`" in reason(ends, "b")
    [(_, _, timeout_ms)] = tools.called
    assert timeout_ms is not None
    assert 0 < timeout_ms <= 30


def test_it_gives_a_call_the_shorter_of_its_own_time_and_what_is_left() -> None:
    raw = [{"id": "a", "tool": "t", "timeout_ms": 50}, {"id": "b", "tool": "t"}]
    both = Plan(read_calls(raw, "$.calls", most=2).calls, 1, OnError.CONTINUE)
    _, tools = run(both, timeout_seconds=60)
    times = {name: timeout_ms for name, _, timeout_ms in tools.called}
    assert times["a"] == 50
    assert 50_000 < (times["b"] or 0) <= 60_000


def test_it_counts_what_has_ended() -> None:
    counted: list[int] = []
    run(plan(("a", "", FAILED), ("b", "a", {}), ("c", "", {})), count=counted.append)
    assert counted == [1, 2, 3]


async def test_it_cancels_all_calls_with_itself() -> None:
    tools = Tools()
    going = asyncio.create_task(Run(plan(("a", "", {"seconds": 30}), ("b", "a", {})), tools).go())
    await asyncio.wait_for(tools.busy.wait(), 10)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert tools.names == ["a"]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = [f"c{number}" for number in range(draw(st.integers(1, 8)))]
    ends: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [{}, {}, FAILED, {"status": "refused"}, {"status": "pending"}, {"raise": True}]
    )
    calls = []
    for index, name in enumerate(names):
        needs = draw(st.frozensets(st.sampled_from(names[:index]), max_size=3)) if index else frozenset()
        paths = [{"$from": need, "path": draw(st.sampled_from(["$.of", "$.no"]))} for need in sorted(needs)]
        calls.append({"id": name, "tool": "t", "input": {**draw(ends), "x": paths}})
    reading = read_calls(draw(st.permutations(calls)), "$.calls", most=8)
    assert reading.faults == []
    return Plan(reading.calls, draw(st.integers(1, 4)), draw(st.sampled_from(OnError)))


@settings(deadline=None)
@given(plans())
def test_it_gives_every_call_exactly_one_end_and_calls_what_it_says_it_called(of: Plan) -> None:
    ends, tools = run(of)
    assert [end.call.id for end in ends] == [call.id for call in of.calls]
    assert len(tools.names) == len(set(tools.names))
    assert sorted(tools.names) == sorted(end.call.id for end in ends if end.status not in {"skipped", "aborted"})
    by_name = statuses(ends)
    for end in ends:
        if end.call.id in tools.names:
            assert all(by_name[need] == "succeeded" for need in end.call.needs)
        if end.status == "aborted":
            assert of.on_error is OnError.ABORT
        assert (end.error is None) == (end.execution is not None)
