"""In which order the host works: small requests first, in micro-batches, so that a search never waits for an import.

A batch is as large as the model likes it and as short as a search can bear: MOST_CHARACTERS take a quarter of a second
on one processor. After BATCHES_IN_A_ROW of small requests a large one gets a turn.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from integrations.embedding.base import Vector

Compute = Callable[[Sequence[str]], Awaitable[Sequence[Vector]]]

SMALL_REQUEST = 4
"""Texts. Searches have one, somebody who remembers a thing or two as well."""
MOST_TEXTS = 16
MOST_CHARACTERS = 4_000
BATCHES_IN_A_ROW = 4
MOST_WAITING = 2_048
"""Texts of everybody's large requests, half a minute's work; and as many of small ones. More are sent away."""
COUNTED = 1_000
"""Characters that a text counts at most: the model reads no further, about."""


class Full(Exception):
    """So much waits already that more would only wait in vain."""


class Request:
    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.done: asyncio.Future[list[Vector]] = asyncio.get_running_loop().create_future()
        # Texts of similar length next to each other: those of one batch are filled up to the longest.
        self.left = deque(sorted(range(len(texts)), key=lambda index: len(texts[index])))
        self._vectors: list[Vector] = [()] * len(texts)
        self._missing = len(texts)

    def settle(self, index: int, vector: Vector) -> None:
        self._vectors[index] = vector
        self._missing -= 1
        if not self._missing and not self.done.done():
            self.done.set_result(self._vectors)

    def fail(self, error: Exception) -> None:
        self.left.clear()
        if not self.done.done():
            self.done.set_exception(error)


class Queue:
    """Of one event loop. `run` works until it is cancelled."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._small: deque[Request] = deque()
        self._large: deque[Request] = deque()
        self._in_a_row = 0
        self._something = asyncio.Event()

    @property
    def waiting(self) -> int:
        return _number(self._small) + _number(self._large)

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """In their order. Raises Full, and what `compute` raises. Who is cancelled meanwhile has left the queue."""
        if not texts:
            return []
        lane = self._small if len(texts) <= SMALL_REQUEST else self._large
        # Each lane by itself: where imports wait, searches are taken in all the same.
        if _number(lane) + len(texts) > MOST_WAITING:
            raise Full
        request = Request(texts)
        lane.append(request)
        self._something.set()
        try:
            return await request.done
        finally:
            request.left.clear()

    async def run(self) -> None:
        while True:
            batch = self._next_batch()
            if not batch:
                self._something.clear()
                await self._something.wait()
                continue
            await self._work(batch)

    async def _work(self, batch: list[tuple[Request, int]]) -> None:
        try:
            made = await self._compute([request.texts[index] for request, index in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told
            for request, _ in batch:
                request.fail(error)
            return
        for (request, index), vector in zip(batch, made, strict=True):
            request.settle(index, vector)

    def _next_batch(self) -> list[tuple[Request, int]]:
        small, large = _waiting(self._small), _waiting(self._large)
        if small and not (large and self._in_a_row >= BATCHES_IN_A_ROW):
            self._in_a_row += 1
            return _taken(small)
        self._in_a_row = 0
        return _taken(large)


def _number(lane: deque[Request]) -> int:
    """Texts that wait there."""
    return sum(len(request.left) for request in lane)


def _waiting(lane: deque[Request]) -> deque[Request]:
    """Without those that are done or have left."""
    while lane and not lane[0].left:
        lane.popleft()
    return lane


def _taken(lane: deque[Request]) -> list[tuple[Request, int]]:
    """The first texts of a lane, as many as make a batch."""
    batch: list[tuple[Request, int]] = []
    characters = 0
    for request in lane:
        while request.left:
            characters += min(len(request.texts[request.left[0]]), COUNTED)
            if batch and (len(batch) == MOST_TEXTS or characters > MOST_CHARACTERS):
                return batch
            batch.append((request, request.left.popleft()))
    return batch
