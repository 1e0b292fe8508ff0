"""What a worker process does for webhooks: it has hands for each kind of work."""

import asyncio

from webhooks.queue.hands import Hands
from webhooks.queue.kinds import DELIVERIES, RUNS
from webhooks.runs.attempt import attempt
from webhooks.telling.deliver import deliver

HANDS = (Hands(RUNS, attempt), Hands(DELIVERIES, deliver))
"""A worker has one loop: `accounts/bridge.py`."""


async def look() -> None:
    """Take what is due of every kind."""
    await asyncio.gather(*(hands.look() for hands in HANDS))


async def aclose() -> None:
    """Let what runs end, as far as there is time."""
    await asyncio.gather(*(hands.aclose() for hands in HANDS))
