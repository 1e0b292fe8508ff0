"""A request's turn, once its source is found and its body is there.

While several tenants send, a process works on one request of each at a time: a flood waits behind itself, and nobody
else does. Who sends alone has all of the process: what comes at once shares its round trips.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from accounts.errors import Unavailable

OF_EACH = 1
"""Requests of a tenant that are worked on at once while others send, too."""
ALONE_AFTER_SECONDS = 1.0
"""Without a word of anybody else."""
MOST_WAITING = 500
"""Requests of a tenant that wait in a process. Their senders send again what comes beyond."""
AGAIN_SECONDS = 5


@dataclass
class _Lane:
    """A tenant's."""

    in_hand: int = 0
    waiting: "deque[asyncio.Future[None]]" = field(default_factory=deque)


class Turns:
    """Belongs to one event loop."""

    def __init__(self, *, of_each: int = OF_EACH, most_waiting: int = MOST_WAITING) -> None:
        self._of_each = of_each
        self._most_waiting = most_waiting
        self._lanes: dict[UUID, _Lane] = {}
        self._last: UUID | None = None
        self._shared_until = 0.0

    @asynccontextmanager
    async def turn(self, whose: UUID) -> AsyncIterator[None]:
        """Raises Unavailable where too many of theirs wait already."""
        self._note(whose)
        lane = self._lanes.setdefault(whose, _Lane())
        if self._may_begin(lane):
            lane.in_hand += 1
        else:
            await self._wait(whose, lane)
        try:
            yield
        finally:
            self._end(whose, lane)

    def _note(self, whose: UUID) -> None:
        if whose != self._last:
            if self._last is not None:
                self._shared_until = monotonic() + ALONE_AFTER_SECONDS
            self._last = whose

    def _may_begin(self, lane: _Lane) -> bool:
        return lane.in_hand < self._of_each or monotonic() > self._shared_until

    async def _wait(self, whose: UUID, lane: _Lane) -> None:
        """It is in hand when this returns."""
        if len(lane.waiting) >= self._most_waiting:
            raise Unavailable("Too much comes at once. Send it again in a moment.", retry_after=AGAIN_SECONDS)
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.waiting.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._end(whose, lane)  # it was called, and goes away
            raise

    def _end(self, whose: UUID, lane: _Lane) -> None:
        lane.in_hand -= 1
        while lane.waiting and self._may_begin(lane):
            called = lane.waiting.popleft()
            if not called.done():
                lane.in_hand += 1
                called.set_result(None)
        if not lane.in_hand:
            del self._lanes[whose]
