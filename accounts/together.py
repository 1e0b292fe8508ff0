"""Asking together what many ask at the same time: one trip to a server instead of one for each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Q = TypeVar("Q")
A = TypeVar("A")


class _Lane(Generic[Q, A]):
    """Who waits in one event loop, and how many trips are under way there."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self.trips: set[asyncio.Task[None] | None] = set()


class Together(Generic[Q, A]):
    """A question alone goes at once. Those that come while `at_once` trips are under way share the next one.

    `ask` gets up to `most` questions and gives an answer to each, in their order; an exception among them is raised
    where its question was asked, and one that `ask` raises everywhere. It runs in a context of its own: nothing that
    it logs is one caller's. A caller who is cancelled before the trip is not asked for; a trip is not cancelled.
    """

    def __init__(
        self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]], *, most: int, at_once: int = 1
    ) -> None:
        self._ask = ask
        self._most = most
        self._at_once = at_once
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Lane[Q, A]] = WeakKeyDictionary()

    async def __call__(self, question: Q) -> A:
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None:
            lane = self._lanes[loop] = _Lane()
        answer: asyncio.Future[A] = loop.create_future()
        lane.waiting.append((question, answer))
        if len(lane.trips) < self._at_once:
            lane.trips.add(loop.create_task(self._travel(lane), context=Context()))
        return await answer

    async def _travel(self, lane: _Lane[Q, A]) -> None:
        try:
            while lane.waiting:
                party, lane.waiting = lane.waiting[: self._most], lane.waiting[self._most :]
                party = [(question, answer) for question, answer in party if not answer.done()]
                if party:
                    await self._answer(party)
        finally:
            # Here, and not when the task is done: who comes in between would wait for a trip that takes nobody.
            lane.trips.discard(asyncio.current_task())

    async def _answer(self, party: Sequence[tuple[Q, "asyncio.Future[A]"]]) -> None:
        try:
            answers = await self._ask([question for question, _ in party])
        except Exception as error:  # noqa: BLE001  it is raised where it was asked for
            answers = [error] * len(party)
        for (_, waiting), answer in zip(party, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
