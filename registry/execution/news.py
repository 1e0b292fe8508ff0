"""A word through Redis that an execution has changed, for those who follow it. What changed stands in its row.

A word may get lost: whoever follows looks by itself after a while. Only calls that somebody may follow send any, and
nobody waits for them to be sent.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from uuid import UUID
from weakref import WeakKeyDictionary

from redis.exceptions import RedisError

from registry.execution import shared

log = logging.getLogger(__name__)

CHANNEL = f"{shared.PREFIX}news"
RETRY_SECONDS = 1.0

_telling: set[asyncio.Task[None]] = set()


def tell(execution_id: UUID) -> None:
    """After the commit; returns at once."""
    task = asyncio.ensure_future(_tell(execution_id))
    _telling.add(task)
    task.add_done_callback(_telling.discard)


async def _tell(execution_id: UUID) -> None:
    async with shared.together() as commands:
        commands.add("PUBLISH", CHANNEL, str(execution_id))


class News:
    """What this event loop hears, while somebody listens: one connection for all of them."""

    def __init__(self) -> None:
        self._followers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._hearing: asyncio.Task[None] | None = None

    @contextmanager
    def of(self, execution_id: UUID) -> Iterator[asyncio.Event]:
        """Set whenever the execution may have changed; whoever waits for it clears it."""
        changed = asyncio.Event()
        self._followers[execution_id].add(changed)
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear_for_ever(), name="news")
        try:
            yield changed
        finally:
            self._followers[execution_id].discard(changed)
            if not self._followers[execution_id]:
                del self._followers[execution_id]
            if not self._followers:
                self._hearing.cancel()
                self._hearing = None

    async def _hear_for_ever(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                log.info("News are not heard (%s).", type(error).__name__, extra={"action": "news_not_heard"})
                await asyncio.sleep(RETRY_SECONDS)

    async def _hear(self) -> None:
        async with aclosing(shared.heard(CHANNEL)) as heard:
            async for said in heard:
                for changed in self._followers.get(UUID(said.decode()), ()):
                    changed.set()


_heard: "WeakKeyDictionary[asyncio.AbstractEventLoop, News]" = WeakKeyDictionary()


def news() -> News:
    """This event loop's."""
    loop = asyncio.get_running_loop()
    found = _heard.get(loop)
    if found is None:
        found = _heard[loop] = News()
    return found
