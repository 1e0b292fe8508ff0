"""A word through Redis that an execution has changed, for those who follow it. What changed stands in its row.

A word may get lost: whoever follows looks by itself after a while. Only calls that somebody may follow send any, and
nobody waits for them to be sent. A floor above has channels of its own, for ids of its own.
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
    """What this event loop hears on one channel, while somebody listens: one connection for all of them."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._followers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._hearing: asyncio.Task[None] | None = None

    @contextmanager
    def of(self, followed: UUID) -> Iterator[asyncio.Event]:
        """Set whenever there may be news of it; whoever waits for them clears it."""
        changed = asyncio.Event()
        self._followers[followed].add(changed)
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear_for_ever(), name="news")
        try:
            yield changed
        finally:
            self._followers[followed].discard(changed)
            if not self._followers[followed]:
                del self._followers[followed]
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
        async with aclosing(shared.heard(self._channel)) as heard:
            async for said in heard:
                for changed in self._followers.get(UUID(said.decode()), ()):
                    changed.set()


_heard: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, News]]" = WeakKeyDictionary()


def news(channel: str = CHANNEL) -> News:
    """This event loop's."""
    channels = _heard.setdefault(asyncio.get_running_loop(), {})
    if channel not in channels:
        channels[channel] = News(channel)
    return channels[channel]
