"""From a host name to addresses. Tests give their own lookup; the answers are always put to the policy."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic

Lookup = Callable[[str], tuple[str, ...]]
"""A host's addresses, best first. Raises OSError when there are none."""

REMEMBERED_SECONDS = 10.0
REMEMBERED_HOSTS = 4096
THREADS = 16


def system_lookup(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Names:
    """An event loop's lookups: one at a time per host, in threads of their own, remembered for a moment."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._under_way: dict[str, asyncio.Future[tuple[str, ...]]] = {}
        # Not the loop's own threads: a name server that hangs would hold up everybody else's work there.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="egress-names")

    async def addresses_of(self, host: str) -> tuple[str, ...]:
        """Raises OSError when the host has none."""
        until, addresses = self._known.get(host, (0.0, ()))
        if until > monotonic():
            return addresses
        lookup = self._under_way.get(host)
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = self._under_way[host] = loop.run_in_executor(self._threads, self._lookup, host)
            lookup.add_done_callback(partial(self._remember, host))
        # Shielded: others may wait for the same lookup.
        return await asyncio.shield(lookup)

    def put_last(self, host: str, address: str) -> None:
        """Nobody answered at this address: the next calls try the host's others first."""
        until, addresses = self._known.get(host, (0.0, ()))
        if address in addresses:
            self._known[host] = (until, (*(one for one in addresses if one != address), address))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _remember(self, host: str, lookup: asyncio.Future[tuple[str, ...]]) -> None:
        del self._under_way[host]
        if lookup.cancelled() or lookup.exception() is not None:
            return
        if len(self._known) >= REMEMBERED_HOSTS:
            self._known.clear()
        self._known[host] = (monotonic() + REMEMBERED_SECONDS, lookup.result())
