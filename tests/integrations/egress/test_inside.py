"""Real servers on sockets, and none."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from integrations.egress import inside
from integrations.egress.inside import ProcessAway, post

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Word: yes\r\n\r\nhello"


@pytest.fixture(autouse=True)
async def _no_connection_stays() -> AsyncIterator[None]:
    yield
    await inside.aclose()


@asynccontextmanager
async def server(*answers: bytes | None, tcp: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Gives these answers, one for each connection; None hangs up. With the URL and what it was sent."""
    seen: list[bytes] = []
    left = list(answers)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        seen.append(head + await reader.readexactly(int(length)))
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        writer.close()

    with tempfile.TemporaryDirectory(prefix="qm-inside-") as folder:
        path = Path(folder) / "a socket"
        serving = (
            await asyncio.start_server(converse, "127.0.0.1", 0)
            if tcp
            else await asyncio.start_unix_server(converse, path)
        )
        async with serving:
            port = serving.sockets[0].getsockname()[1] if tcp else 0
            yield (f"http://127.0.0.1:{port}" if tcp else f"unix://{str(path).replace(' ', '%20')}"), seen


@pytest.mark.parametrize("tcp", [False, True])
async def test_it_asks_a_process_where_it_listens(tcp: bool) -> None:
    async with server(OK, tcp=tcp) as (url, seen):
        answer = await post(url, "/embed", b"{}", timeout_seconds=10, largest=5)
    assert (answer.status, answer.headers["X-Word"], answer.body) == (200, "yes", b"hello")
    assert seen[0].startswith(b"POST /embed HTTP/1.1\r\n")
    assert seen[0].endswith(b"{}")


async def test_it_asks_once_more_where_it_was_hung_up_on() -> None:
    async with server(None, OK) as (url, seen):
        answer = await post(url, "/embed", b"{}", timeout_seconds=10, largest=5)
    assert answer.body == b"hello"
    assert len(seen) == 2


async def test_it_gives_up_after_that() -> None:
    async with server(None) as (url, seen):
        with pytest.raises(ProcessAway, match="ServerDisconnectedError"):
            await post(url, "/embed", b"{}", timeout_seconds=10, largest=5)
    assert len(seen) == 2


@pytest.mark.parametrize("url", ["unix:///nowhere/at/all.sock", "http://127.0.0.1:9"])
async def test_it_says_that_nobody_is_there(url: str) -> None:
    with pytest.raises(ProcessAway, match="No answer"):
        await post(url, "/embed", b"", timeout_seconds=10, largest=5)


async def test_it_takes_no_more_than_was_said() -> None:
    async with server(OK) as (url, _):
        with pytest.raises(ProcessAway, match="ClientPayloadError"):
            await post(url, "/embed", b"{}", timeout_seconds=10, largest=4)


async def test_it_does_not_wait_longer_than_was_said() -> None:
    async with server(b"HTTP/1.1 200 OK\r\n") as (url, _):
        with pytest.raises(ProcessAway):
            await post(url, "/embed", b"{}", timeout_seconds=0.2, largest=5)


async def test_it_follows_no_redirect() -> None:
    async with server(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n") as (url, seen):
        answer = await post(url, "/embed", b"{}", timeout_seconds=10, largest=5)
    assert (answer.status, len(seen)) == (302, 1)


def test_it_has_connections_for_each_event_loop() -> None:
    async def ask() -> bytes:
        async with server(OK) as (url, _):
            answer = await post(url, "/embed", b"{}", timeout_seconds=10, largest=5)
        await inside.aclose()
        return answer.body

    assert [asyncio.run(ask()), asyncio.run(ask())] == [b"hello", b"hello"]
    assert inside._ways == {}
