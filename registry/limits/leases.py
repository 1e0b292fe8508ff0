"""Leases of calls that run longer than a lease lives: extended while their process does, and only by it."""

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from registry.execution import shared
from registry.limits.take import LEASE_SECONDS

EXTEND_SECONDS = 5
"""How often; a third of a lease, so that one lost beat does not cost it."""

# Adds it again when Redis has lost it: the call runs, whatever Redis knows.
_EXTEND = shared.Script(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + time[2] / 1000
    for _, key in ipairs(KEYS) do
        redis.call('ZADD', key, now + tonumber(ARGV[2]), ARGV[1])
        redis.call('PEXPIRE', key, tonumber(ARGV[2]) + 1000)
    end
    """
)


class Leases:
    """What the calls of one event loop hold. Its task runs while there is something to extend."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, ...]] = {}
        self._task: asyncio.Task[None] | None = None

    def hold(self, holder: str, keys: Sequence[str]) -> None:
        self._held[holder] = tuple(keys)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._extend())

    def let_go(self, holder: str) -> None:
        self._held.pop(holder, None)
        if not self._held and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _extend(self) -> None:
        while self._held:
            await asyncio.sleep(EXTEND_SECONDS)
            async with shared.together() as commands:
                for holder, keys in self._held.items():
                    _EXTEND.add_to(commands, keys, [holder, LEASE_SECONDS * 1000])


_leases: "WeakKeyDictionary[asyncio.AbstractEventLoop, Leases]" = WeakKeyDictionary()


def leases() -> Leases:
    """This event loop's."""
    return _leases.setdefault(asyncio.get_running_loop(), Leases())
