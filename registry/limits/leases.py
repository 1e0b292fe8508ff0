"""Leases of running calls: extended while their process runs, and only by it.

A call's time says how long its tool may take. What comes before and after it (an answer that is waited for, a database
that is slow) has limits of its own, so that any call may outlive a lease.
"""

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
    """What the calls of one event loop hold. Its clock runs while there is something to extend."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, ...]] = {}
        self._next: asyncio.TimerHandle | None = None
        self._extending: asyncio.Task[None] | None = None

    def hold(self, holder: str, keys: Sequence[str]) -> None:
        self._held[holder] = tuple(keys)
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(EXTEND_SECONDS, self._beat)

    def let_go(self, holder: str) -> None:
        self._held.pop(holder, None)
        if not self._held and self._next is not None:
            self._next.cancel()
            self._next = None

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(EXTEND_SECONDS, self._beat)
        self._extending = loop.create_task(self._extend())

    async def _extend(self) -> None:
        async with shared.together() as commands:
            for holder, keys in self._held.items():
                _EXTEND.add_to(commands, keys, [holder, LEASE_SECONDS * 1000])


_leases: "WeakKeyDictionary[asyncio.AbstractEventLoop, Leases]" = WeakKeyDictionary()


def leases() -> Leases:
    """This event loop's."""
    return _leases.setdefault(asyncio.get_running_loop(), Leases())
