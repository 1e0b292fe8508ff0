"""The raw bytes of a request, before any parser: no more of them than the source takes, and not for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]

SLOWEST_SENDER_SECONDS = 30.0
"""How long the next piece of a body may be on its way, and all of it."""


async def read_body(receive: Receive, most: int, *, announced: int | None) -> tuple[bytes, str]:
    """What came, and what kept the rest away: nothing, `too_large` or `truncated`."""
    if announced is not None and announced > most:
        return b"", "too_large"
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_SENDER_SECONDS):
            return await _read(receive, most, body)
    except TimeoutError:
        return bytes(body), "truncated"


async def _read(receive: Receive, most: int, body: bytearray) -> tuple[bytes, str]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body), "truncated"
        body += message.get("body", b"")
        if len(body) > most:
            return bytes(body[:most]), "too_large"
        more = message.get("more_body", False)
    return bytes(body), ""
