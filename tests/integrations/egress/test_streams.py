"""An answer while it arrives, from real servers that behave and misbehave."""

import asyncio
import gzip
import socket
import threading
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from integrations.egress import EgressRequest, EgressRules, EgressStream, asynchronous
from integrations.egress.asynchronous import Client
from integrations.egress.policy import read_policy
from integrations.errors import (
    EgressBlocked,
    UpstreamBroken,
    UpstreamFailure,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnreachable,
)
from tests.integrations.egress.conftest import TRUSTS_NOBODY, FakeNames
from tests.integrations.egress.upstreams import Behaviour, Peer, Upstream, answer_twice, redirect, upstream
from tests.patience import until

ACME = EgressRules("acme", timeout_seconds=10)
BRIEF = EgressRules("acme", timeout_seconds=0.3)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def client(names: FakeNames, service: Upstream) -> AsyncIterator[Client]:
    client = Client(lookup=names, policy=read_policy([service.allowed]), tls=TRUSTS_NOBODY)
    yield client
    await client.aclose()
    await asyncio.sleep(0)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def read(client: Client, url: str, rules: EgressRules = ACME, method: str = "GET") -> tuple[EgressStream, bytes]:
    async with client.stream(EgressRequest(method, url), rules=rules) as stream:
        return stream, b"".join([piece async for piece in stream.pieces()])


def open_connections(client: Client) -> int:
    """Those that serve a request; what waits to be used again is not among them."""
    connector = client._session.connector
    assert connector is not None
    return len(connector._acquired)


def keeps_a_clean_connection(client: Client) -> bool:
    """Whether a connection waits to be used again, and nothing was said on it meanwhile."""
    connector = client._session.connector
    assert connector is not None
    return any(not protocol.should_close for kept in connector._conns.values() for protocol, _ in kept)


async def test_it_gives_what_came_before_the_rest_was_sent(client: Client, service: Upstream) -> None:
    go_on = threading.Event()

    def in_two(peer: Peer) -> None:
        peer.raw(CHUNKED + chunk(b"first"))
        assert go_on.wait(10)
        peer.raw(chunk(b"second") + b"0\r\n\r\n")

    service.behaviours["/two"] = in_two
    async with client.stream(EgressRequest("GET", service.url("/two")), rules=ACME) as stream:
        pieces = stream.pieces()
        assert (stream.status, await anext(pieces)) == (200, b"first")
        go_on.set()
        assert [piece async for piece in pieces] == [b"second"]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/missing", 404, b'{"error": "no such thing"}'),
        ("/no-content", 204, b""),
        ("/early-hints", 200, b"after the hints"),
        ("/no-length", 200, b"until the end"),
        ("/gzipped", 200, b"unpacked"),
    ],
)
async def test_it_reads_every_whole_answer(
    client: Client, service: Upstream, path: str, status: int, body: bytes
) -> None:
    stream, read_body = await read(client, service.url(path))
    assert (stream.status, read_body, stream.final_url) == (status, body, service.url(path))


async def test_it_reads_the_rest_at_once(client: Client, service: Upstream) -> None:
    async with client.stream(EgressRequest("GET", service.url("/gzipped")), rules=ACME) as stream:
        response = await stream.whole()
    assert (response.status, response.body, response.headers["Content-Encoding"]) == (200, b"unpacked", "gzip")


async def test_it_keeps_the_connection_of_what_was_read_to_its_end(client: Client, service: Upstream) -> None:
    for _ in range(3):
        await read(client, service.url("/echo"))
    assert (len(service.seen), service.connections) == (3, 1)


async def test_it_follows_redirects_under_the_same_policy(client: Client, service: Upstream) -> None:
    service.behaviours["/there"] = redirect(service.url("/echo"))
    stream, body = await read(client, service.url("/there"))
    assert (stream.final_url, body[:14]) == (service.url("/echo"), b"GET /echo HTTP")
    service.behaviours["/inside"] = redirect("http://169.254.169.254/latest/")
    with pytest.raises(EgressBlocked) as caught:
        await read(client, service.url("/inside"))
    assert "metadata" in caught.value.message
    service.behaviours["/round"] = redirect("/round")
    with pytest.raises(UpstreamBroken, match="redirects too often") as loop:
        await read(client, service.url("/round"))
    assert loop.value.sent is True
    assert open_connections(client) == 0


async def test_it_connects_to_nothing_that_the_policy_refuses(client: Client, service: Upstream) -> None:
    with pytest.raises(EgressBlocked):
        await read(client, "http://127.0.0.1:1/")
    with pytest.raises(UpstreamUnreachable) as caught:
        await read(client, "http://nowhere.example/")
    assert (caught.value.sent, service.connections) == (False, 0)


@pytest.mark.parametrize(
    "path",
    [
        *("/close-at-once", "/reset-in-body", "/promise-more", "/cut-chunks", "/bad-chunks", "/not-http"),
        *("/two-lengths", "/length-and-chunks", "/negative-length", "/header-without-colon"),
        *("/header-with-nul", "/header-name-with-space", "/long-header", "/many-headers"),
        *("/gzip-damaged", "/gzip-cut", "/not-asked-encoding", "/reset-without-length"),
    ],
)
async def test_it_calls_a_broken_stream_broken(client: Client, service: Upstream, path: str) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        await read(client, service.url(path))
    assert (caught.value.sent, open_connections(client)) == (True, 0)


async def test_it_gives_what_came_before_a_reset(client: Client, service: Upstream) -> None:
    read_half = threading.Event()

    def reset_once_read(peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        assert read_half.wait(10)
        peer.reset()

    service.behaviours["/half"] = reset_once_read
    async with client.stream(EgressRequest("GET", service.url("/half")), rules=ACME) as stream:
        pieces = stream.pieces()
        assert await anext(pieces) == b"half"
        read_half.set()
        with pytest.raises(UpstreamBroken):
            await anext(pieces)


@pytest.mark.parametrize("path", ["/ten-megabytes", "/endless", "/gzip-bomb"])
async def test_it_reads_no_more_than_it_may(client: Client, service: Upstream, path: str) -> None:
    taken = []

    async def take() -> None:
        rules = EgressRules("acme", max_response_bytes=1_000_000)
        async with client.stream(EgressRequest("GET", service.url(path)), rules=rules) as stream:
            async for piece in stream.pieces():
                taken.append(len(piece))

    with pytest.raises(UpstreamTooLarge):
        await take()
    assert (sum(taken) <= 1_000_000, open_connections(client)) == (True, 0)


@pytest.mark.parametrize("path", ["/hang", "/drip-head", "/drip-body", "/drip-hints"])
async def test_it_gives_up_in_time_however_the_service_drips(client: Client, service: Upstream, path: str) -> None:
    with pytest.raises(UpstreamTimeout) as caught:
        await read(client, service.url(path), BRIEF)
    assert (caught.value.sent, open_connections(client)) == (True, 0)


async def test_it_does_not_start_without_time(client: Client, service: Upstream) -> None:
    with pytest.raises(UpstreamTimeout) as caught:
        await read(client, service.url("/"), EgressRules("acme", timeout_seconds=0))
    assert (caught.value.sent, service.seen) == (False, [])


async def test_it_gives_up_a_service_that_pauses_too_long(client: Client, service: Upstream) -> None:
    def pause(peer: Peer) -> None:
        peer.raw(CHUNKED + chunk(b"and then"))
        peer.upstream.stop.wait(30)

    service.behaviours["/pause"] = pause
    with pytest.raises(UpstreamTimeout, match=r"paused for more than 0\.1 seconds"):
        await read(client, service.url("/pause"), EgressRules("acme", timeout_seconds=10, idle_timeout_seconds=0.1))
    assert open_connections(client) == 0


async def test_its_time_is_for_the_reader_too(client: Client, service: Upstream) -> None:
    with pytest.raises(UpstreamTimeout):
        async with client.stream(EgressRequest("GET", service.url("/endless")), rules=BRIEF):
            await asyncio.Event().wait()
    assert open_connections(client) == 0


@pytest.mark.parametrize("error", [TimeoutError, OSError, KeyError])
async def test_it_leaves_the_readers_own_errors_alone(
    client: Client, service: Upstream, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        async with client.stream(EgressRequest("GET", service.url("/endless")), rules=ACME):
            raise error
    assert not isinstance(caught.value, UpstreamFailure)
    assert open_connections(client) == 0


@pytest.mark.parametrize("how", ["leave", "raise", "cancel"])
async def test_it_closes_the_connection_however_the_block_ends(client: Client, service: Upstream, how: str) -> None:
    async def look() -> None:
        async with client.stream(EgressRequest("GET", service.url("/endless")), rules=ACME) as stream:
            await anext(stream.pieces())
            if how == "raise":
                raise ZeroDivisionError
            if how == "cancel":
                reading.cancel()
                await asyncio.Event().wait()

    reading = asyncio.ensure_future(look())
    await asyncio.gather(reading, return_exceptions=True)
    assert (reading.cancelled(), open_connections(client)) == (how == "cancel", 0)
    # The service notices as it writes on: its conversation ends although nobody told it to stop.
    await asyncio.to_thread(service.threads[0].join, 10)
    assert not service.threads[0].is_alive()


async def test_whoever_does_not_read_holds_the_service_up(client: Client, names: FakeNames) -> None:
    blocked, written = threading.Event(), [0]

    def write_until_blocked(peer: Peer) -> None:
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        peer.raw(CHUNKED)
        peer.connection.settimeout(0.3)
        try:
            while True:
                peer.raw(chunk(b"z" * 65_536))
                written[0] += 65_536
        except TimeoutError:
            blocked.set()

    with upstream({"/": write_until_blocked}) as service:
        client._policy = read_policy([service.allowed])
        async with client.stream(EgressRequest("GET", service.url()), rules=ACME) as stream:
            assert await asyncio.to_thread(blocked.wait, 10)
            # All that was written lies in the two sockets; what we hold ourselves is far less.
            assert written[0] < 20_000_000
            assert stream._content._size < 1_000_000


def answer_again_later(peer: Peer) -> bool:
    """When the connection waits for its next request."""
    peer.answer(b"asked for")
    peer.upstream.stop.wait(0.1)
    return peer.answer(b"smuggled")


@pytest.mark.parametrize("behaviour", [answer_twice, answer_again_later])
async def test_it_takes_no_answer_that_came_before_its_request(
    client: Client, service: Upstream, behaviour: Behaviour
) -> None:
    service.behaviours["/twice"] = behaviour
    _, first = await read(client, service.url("/twice"))
    await asyncio.to_thread(until, lambda: not keeps_a_clean_connection(client))
    _, second = await read(client, service.url("/echo"))
    assert (first, second[:14], service.connections) == (b"asked for", b"GET /echo HTTP", 2)


async def test_it_streams_under_the_settings(service: Upstream, settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = [service.allowed]
    async with asynchronous.stream(EgressRequest("GET", service.url("/gzipped")), rules=ACME) as stream:
        assert [piece async for piece in stream.pieces()] == [b"unpacked"]
    await asynchronous.aclose()


async def test_it_unpacks_while_it_arrives(client: Client, service: Upstream) -> None:
    packed = gzip.compress(b"z" * 1_000_000)
    service.behaviours["/packed"] = lambda peer: peer.answer(packed, Content_Encoding="gzip")
    async with client.stream(EgressRequest("GET", service.url("/packed")), rules=ACME) as stream:
        lengths = [len(piece) async for piece in stream.pieces()]
    assert (sum(lengths), max(lengths)) == (1_000_000, 65_536)
