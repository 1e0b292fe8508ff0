"""What a worker process does for webhooks: it routes events, and has hands for each kind of work."""

import asyncio

from webhooks.queue.hands import Hands
from webhooks.queue.kinds import DELIVERIES, RUNS
from webhooks.routing.router import Router
from webhooks.runs.attempt import attempt
from webhooks.telling.deliver import deliver

# A worker has one loop: `accounts/bridge.py`.
_runs, _deliveries = Hands(RUNS, attempt), Hands(DELIVERIES, deliver)
_looks = set[asyncio.Task[None]]()


def _begin() -> None:
    """The runs that routing made, beside the routing of others."""
    look = asyncio.get_running_loop().create_task(_runs.look())
    _looks.add(look)
    look.add_done_callback(_looks.discard)


_router = Router(_begin)


async def route() -> None:
    """Route what waits."""
    await _router.look()


async def look() -> None:
    """Take what is due of every kind."""
    await asyncio.gather(_runs.look(), _deliveries.look())


async def aclose() -> None:
    """Let what runs end, as far as there is time."""
    await asyncio.gather(_runs.aclose(), _deliveries.aclose())
