"""A request's turn, once its source is found. A process works on a few at once, and the tenants take turns.

So a flood at one address delays what comes to another by a few requests, and not by the flood. The body is there
before: a slow sender takes nobody's turn.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from accounts.errors import Unavailable

AT_ONCE = 3
"""Requests that a process works on: as many as keep it busy."""
MOST_WAITING = 200
"""Requests of a tenant that wait in a process. Their senders send again what comes beyond."""
AGAIN_SECONDS = 5


class Turns:
    """Belongs to one event loop."""

    def __init__(self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._free = at_once
        self._most_waiting = most_waiting
        self._waiting: OrderedDict[UUID, deque[asyncio.Future[None]]] = OrderedDict()
        """By tenant; nobody's is empty."""

    @asynccontextmanager
    async def turn(self, tenant_id: UUID) -> AsyncIterator[None]:
        """Raises Unavailable where too many of the tenant's wait already."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(tenant_id)
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, tenant_id: UUID) -> None:
        ours = self._waiting.setdefault(tenant_id, deque())
        if len(ours) >= self._most_waiting:
            raise Unavailable("Too much comes at once. Send it again in a moment.", retry_after=AGAIN_SECONDS)
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ours.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._hand_on()  # it was called, and goes away
            raise

    def _hand_on(self) -> None:
        """To the tenant whose turn it is; theirs comes again behind the others."""
        while self._waiting:
            tenant_id, theirs = self._waiting.popitem(last=False)
            called = theirs.popleft()
            if theirs:
                self._waiting[tenant_id] = theirs
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
