"""To our own processes, on a unix socket or an address that the operator names: nothing here leaves the installation.

A stated exception from the policy: nobody but the operator's settings says where this goes, and no tenant's request,
credential or redirect comes along. The calls may be repeated: a connection that was closed meanwhile is tried anew.
"""

import asyncio
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import aiohttp

CONNECT_SECONDS = 2.0
CONNECTIONS = 100
UNIX = "unix"


class ProcessAway(Exception):
    """Nobody answers there, or not in time."""


@dataclass(frozen=True)
class InsideAnswer:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Case-insensitive."""
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _Way:
    session: aiohttp.ClientSession
    base: str


_Key = tuple[int, asyncio.AbstractEventLoop, str]
_ways: dict[_Key, _Way] = {}


async def post(url: str, path: str, body: bytes, *, timeout_seconds: float, largest: int) -> InsideAnswer:
    """What the process at `url` (`unix:///run/host.sock`, `http://host:8001`) answers. Raises ProcessAway."""
    try:
        async with asyncio.timeout(timeout_seconds):
            try:
                return await _post(url, path, body, largest)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if isinstance(error, aiohttp.ClientConnectorError):
                    raise
                return await _post(url, path, body, largest)
    except TimeoutError:
        raise ProcessAway(f"No answer within {timeout_seconds:g} s.") from None
    except aiohttp.ClientError as error:
        raise ProcessAway(f"No answer ({type(error).__name__}).") from None


async def aclose() -> None:
    """Close this event loop's connections, when the process shuts down."""
    loop = asyncio.get_running_loop()
    for key in [key for key in _ways if key[:2] == (os.getpid(), loop)]:
        await _ways.pop(key).session.close()


async def _post(url: str, path: str, body: bytes, largest: int) -> InsideAnswer:
    way = _way(url)
    # From a file object long bodies are written in pieces, so that they do not hold up the loop.
    async with way.session.post(f"{way.base}{path}", data=io.BytesIO(body), allow_redirects=False) as response:
        content = await response.content.read(largest + 1)
        while len(content) <= largest and not response.content.at_eof():
            content += await response.content.read(largest + 1 - len(content))
        if len(content) > largest:
            raise aiohttp.ClientPayloadError
        return InsideAnswer(response.status, response.headers, content)


def _way(url: str) -> _Way:
    key = (os.getpid(), asyncio.get_running_loop(), url)
    found = _ways.get(key)
    if found is None:
        for old in [known for known in _ways if known[1].is_closed()]:
            del _ways[old]
        found = _ways[key] = _new_way(url)
    return found


def _new_way(url: str) -> _Way:
    parts = urlsplit(url)
    is_unix = parts.scheme == UNIX
    connector = (
        aiohttp.UnixConnector(unquote(parts.path), limit=CONNECTIONS)
        if is_unix
        else aiohttp.TCPConnector(limit=CONNECTIONS)
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS),
        headers={"Content-Type": "application/json"},
    )
    return _Way(session, "http://inside" if is_unix else url.rstrip("/"))
