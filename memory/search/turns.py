"""Turns for the searches of a tenant: however many it asks for at once, others find threads and connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary

from django.conf import settings

from accounts.errors import Throttled
from memory.search.limits import SHARE_OF_THREADS, TURN_PATIENCE_SECONDS

_Key = tuple[asyncio.AbstractEventLoop, UUID]
_turns: WeakValueDictionary[_Key, asyncio.Semaphore] = WeakValueDictionary()
"""Of the tenants that search just now: who has a turn or waits for one holds on to them."""


@asynccontextmanager
async def turn_of(tenant_id: UUID, patience: float = TURN_PATIENCE_SECONDS) -> AsyncIterator[None]:
    """Waits without a thread. Raises Throttled when no turn comes."""
    key = (asyncio.get_running_loop(), tenant_id)
    turns = _turns.get(key)
    if turns is None:
        turns = _turns[key] = asyncio.Semaphore(max(1, int(settings.DATABASE_POOL_SIZE * SHARE_OF_THREADS)))
    try:
        async with asyncio.timeout(patience):
            await turns.acquire()
    except TimeoutError:
        raise Throttled(
            "Too many searches of yours run at once, and they take long. Wait a moment, or ask for less in `where`.",
            retry_after=1,
        ) from None
    try:
        yield
    finally:
        turns.release()
