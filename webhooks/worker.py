"""What a worker process does for webhooks: it routes events, and has hands for each kind of work."""

import asyncio
import time
from uuid import UUID

from accounts.offload import in_database_thread
from registry.execution.watch import watch
from webhooks.queue.hands import Hands
from webhooks.queue.kinds import DELIVERIES, RUNS
from webhooks.queue.rounds import Rounds
from webhooks.routing.waiting import route_next
from webhooks.runs.attempt import attempt
from webhooks.telling.deliver import deliver

# A worker has one loop: `accounts/bridge.py`.
_RUNS, _DELIVERIES = HANDS = (Hands(RUNS, attempt), Hands(DELIVERIES, deliver))


LEFT_ALONE_SECONDS = 2
"""How long an event that could not be routed stands in nobody's way."""


class _Router:
    """Routes what waits."""

    def __init__(self) -> None:
        self.look = Rounds("What waits to be routed", self._route)
        self._left_alone: frozenset[UUID] = frozenset()
        self._until = 0.0

    async def _route(self) -> bool:
        if watch().is_closing:
            return False
        now = time.monotonic()
        if now > self._until:
            self._left_alone, self._until = frozenset(), now + LEFT_ALONE_SECONDS
        page = await in_database_thread(route_next, without=self._left_alone)
        self._left_alone |= page.waiting
        if page.runs:
            _begin()
        return bool(page.routed or page.waiting)


def _begin() -> None:
    task = asyncio.get_running_loop().create_task(_RUNS.look())
    _looking.add(task)
    task.add_done_callback(_looking.discard)


_looking: set["asyncio.Task[None]"] = set()
_router = _Router()


async def route() -> None:
    """Route what waits; the runs that come of it begin beside."""
    await _router.look()


async def look() -> None:
    """Take what is due of every kind."""
    await asyncio.gather(*(hands.look() for hands in HANDS))


async def aclose() -> None:
    """Let what runs end, as far as there is time."""
    await asyncio.gather(*(hands.aclose() for hands in HANDS))
