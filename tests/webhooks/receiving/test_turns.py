"""Who is worked on next, and who is not waited for."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest

from accounts.errors import Unavailable
from webhooks.receiving.turns import Turns

ACME, GLOBEX = UUID(int=1), UUID(int=2)


class Works:
    """Requests that take a turn, and are done when they are told."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._leave: dict[str, asyncio.Event] = {}
        self.began: list[str] = []

    async def come(self, tenant_id: UUID, *names: str) -> list["asyncio.Task[None]"]:
        tasks = []
        for name in names:
            self._leave[name] = asyncio.Event()
            tasks.append(asyncio.create_task(self._work(tenant_id, name)))
        await settle()
        return tasks

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leave[name].set()
            await settle()

    async def _work(self, tenant_id: UUID, name: str) -> None:
        async with self._turns.turn(tenant_id):
            self.began.append(name)
            await self._leave[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def test_so_many_are_worked_on_at_once() -> None:
    async def story() -> None:
        works = Works(Turns(at_once=2))
        await works.come(ACME, "a", "b", "c")
        assert works.began == ["a", "b"]
        await works.leave("a")
        assert works.began == ["a", "b", "c"]
        await works.leave("b", "c")
        await works.come(ACME, "d", "e", "f")
        assert works.began == ["a", "b", "c", "d", "e"]

    run(story())


def test_the_tenants_take_turns() -> None:
    async def story() -> None:
        works = Works(Turns(at_once=1))
        await works.come(ACME, "a1", "a2", "a3", "a4")
        await works.come(GLOBEX, "g1", "g2")
        await works.leave("a1", "a2", "g1", "a3", "g2")
        assert works.began == ["a1", "a2", "g1", "a3", "g2", "a4"]

    run(story())


def test_it_sends_away_whom_too_many_of_the_tenants_are_before() -> None:
    async def story() -> None:
        works = Works(Turns(at_once=1, most_waiting=2))
        *_, refused = await works.come(ACME, "a1", "a2", "a3", "a4")
        error = refused.exception()
        assert isinstance(error, Unavailable)
        assert error.retry_after == 5
        await works.come(GLOBEX, "g1")
        await works.leave("a1", "a2", "g1")
        assert works.began == ["a1", "a2", "g1", "a3"]

    run(story())


@pytest.mark.parametrize("is_called", [False, True])
def test_who_goes_away_keeps_nobody_waiting(is_called: bool) -> None:
    async def story() -> None:
        works = Works(Turns(at_once=1))
        _, gone = await works.come(ACME, "a1", "a2")
        await works.come(GLOBEX, "g1")
        if is_called:
            works._leave["a1"].set()
            await asyncio.sleep(0)
        gone.cancel()
        await works.leave("a1")
        assert works.began == ["a1", "g1"]
        await works.leave("g1")
        await works.come(ACME, "a3")
        assert works.began == ["a1", "g1", "a3"]

    run(story())


def test_one_that_fails_hands_its_turn_on() -> None:
    async def story() -> None:
        turns = Turns(at_once=1)
        with pytest.raises(RuntimeError):
            async with turns.turn(ACME):
                raise RuntimeError
        async with asyncio.timeout(5), turns.turn(ACME):
            pass

    run(story())
