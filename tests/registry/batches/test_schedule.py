"""Who may start, shown on random graphs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.batches.schedule import run_in_order

Needs = Mapping[str, frozenset[str]]


@dataclass
class Witness:
    """Notes who runs and who has ended, each call taking as many turns of the loop as it was told."""

    needs: Needs
    turns: Mapping[str, int]
    running: set[str] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)
    most_at_once: int = 0
    early: list[str] = field(default_factory=list)

    async def run(self, name: str) -> None:
        if not self.needs[name] <= set(self.ended):
            self.early.append(name)
        self.running.add(name)
        self.most_at_once = max(self.most_at_once, len(self.running))
        for _ in range(self.turns[name]):
            await asyncio.sleep(0)
        self.running.remove(name)
        self.ended.append(name)


@st.composite
def graphs(draw: st.DrawFn) -> Witness:
    """Needs without a circle, in any order: whoever comes later in a hidden order may need whoever comes before."""
    hidden = [f"c{number}" for number in range(draw(st.integers(1, 12)))]
    needs = {
        name: draw(st.frozensets(st.sampled_from(hidden[:index]), max_size=4)) if index else frozenset()
        for index, name in enumerate(hidden)
    }
    shown = draw(st.permutations(hidden))
    turns = {name: draw(st.integers(1, 5)) for name in hidden}
    return Witness({name: needs[name] for name in shown}, turns)


@settings(deadline=None)
@given(graphs(), st.integers(1, 6))
def test_it_runs_each_once_after_all_that_it_needs_and_never_too_many(seen: Witness, max_parallel: int) -> None:
    asyncio.run(run_in_order(seen.needs, seen.run, max_parallel=max_parallel))
    assert sorted(seen.ended) == sorted(seen.needs)
    assert seen.early == []
    assert seen.most_at_once <= max_parallel


@settings(deadline=None)
@given(graphs())
def test_it_lets_everybody_run_who_could(seen: Witness) -> None:
    """With room for all, who needs nothing starts at once."""
    asyncio.run(run_in_order(seen.needs, seen.run, max_parallel=100))
    assert seen.most_at_once >= sum(not needed for needed in seen.needs.values())


async def test_it_does_not_hold_back_what_needs_nothing_of_a_slow_one() -> None:
    slow, last = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def run(name: str) -> None:
        if name == "slow":
            await slow.wait()
        ended.append(name)
        if name == "last":
            last.set()

    needs: Needs = {"slow": frozenset(), "a": frozenset(), "b": frozenset("a"), "last": frozenset("b")}
    running = asyncio.create_task(run_in_order(needs, run, max_parallel=2))
    await asyncio.wait_for(last.wait(), 10)
    assert ended == ["a", "b", "last"]
    slow.set()
    await running
    assert ended == ["a", "b", "last", "slow"]


async def test_it_starts_in_the_order_of_the_plan() -> None:
    started: list[str] = []

    async def run(name: str) -> None:
        started.append(name)
        await asyncio.sleep(0)

    await run_in_order({name: frozenset() for name in "dacb"}, run, max_parallel=1)
    assert started == ["d", "a", "c", "b"]


async def test_it_cancels_all_that_run_and_waits_for_them() -> None:
    begun, cancelled = asyncio.Barrier(3), []

    async def run(name: str) -> None:
        try:
            await begun.wait()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            cancelled.append(name)
            raise

    needs: Needs = {"a": frozenset(), "b": frozenset(), "c": frozenset("a")}
    running = asyncio.create_task(run_in_order(needs, run, max_parallel=2))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(cancelled) == ["a", "b"]
