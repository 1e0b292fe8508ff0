"""The contract of the two clients, over real local servers that behave and misbehave."""

import logging
import socket
import threading
from contextlib import ExitStack
from typing import Any

import pytest

from integrations.egress import EgressRequest, EgressRules
from integrations.egress.redirects import first_hop
from integrations.errors import (
    EgressBlocked,
    UpstreamBroken,
    UpstreamFailure,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnreachable,
)
from tests.integrations.egress.conftest import WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Upstream, upstream

SECRET = "s3cret"


class SlowAnswer(list[tuple[str, ...]]):
    """What a name server says once it is allowed to."""

    def __init__(self, answered: threading.Event) -> None:
        super().__init__([("192.0.2.1",)])
        self.answered = answered

    def __getitem__(self, index: Any) -> Any:
        self.answered.wait(10)
        return super().__getitem__(index)


@pytest.fixture
def allowed(way_out: WayOut, service: Upstream) -> WayOut:
    way_out.allow.append(service.allowed)
    return way_out


async def test_it_sends_method_headers_and_body(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(
        service.url("/echo?filter%5Bid%5D=7"), "POST", {"X-Trace": "t1", "Content-Type": "text/csv"}, b"a,b"
    )
    assert (answer.status, answer.body) == (200, b"a,b")
    head = service.seen[0].split("\n")
    assert head[0] == "POST /echo?filter%5Bid%5D=7 HTTP/1.1"
    assert sorted(line for line in head[1:]) == [
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Content-Length: 3",
        "Content-Type: text/csv",
        f"Host: 127.0.0.1:{service.port}",
        "User-Agent: Quartermaster/0.1",
        "X-Trace: t1",
    ]


async def test_it_adds_no_header_that_was_not_asked_for(allowed: WayOut, service: Upstream) -> None:
    await allowed.call(service.url("/"), "POST")
    names = sorted(line.split(":")[0] for line in service.seen[0].split("\n")[1:])
    assert names == ["Accept", "Accept-Encoding", "Content-Length", "Host", "User-Agent"]


async def test_it_says_where_the_answer_came_from(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(service.url("/?q=1#part"))
    assert answer.final_url == service.url("/?q=1")
    assert answer.elapsed_seconds > 0
    assert answer.headers["x-who"] == "echo"


@pytest.mark.parametrize("path", ["/missing", "/no-content", "/early-hints", "/no-length", "/gzipped"])
async def test_it_takes_every_whole_answer(allowed: WayOut, service: Upstream, path: str) -> None:
    answer = await allowed.call(service.url(path))
    expected = {
        "/missing": (404, b'{"error": "no such thing"}'),
        "/no-content": (204, b""),
        "/early-hints": (200, b"after the hints"),
        "/no-length": (200, b"until the end"),
        "/gzipped": (200, b"unpacked"),
    }
    assert (answer.status, answer.body) == expected[path]


async def test_it_takes_the_answer_to_a_head(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(service.url("/no-content"), "HEAD")
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/close-at-once", "/reset-in-body", "/promise-more", "/cut-chunks", "/bad-chunks", "/not-http"),
        *("/two-lengths", "/length-and-chunks", "/negative-length", "/header-without-colon"),
        *("/header-with-nul", "/header-name-with-space", "/long-header", "/many-headers"),
        *("/gzip-damaged", "/gzip-cut", "/not-asked-encoding", "/reset-without-length"),
        *("/zstd", "/nested-gzip-bomb", "/close-before-body", "/reset-at-once", "/endless-header"),
        *("/endless-headers", "/endless-hints"),
    ],
)
async def test_it_calls_a_broken_answer_broken(allowed: WayOut, service: Upstream, path: str) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        await allowed.call(service.url(path))
    assert (caught.value.code, caught.value.status, caught.value.sent) == ("upstream_error", 502, True)
    assert len(service.seen) == 1


@pytest.mark.parametrize("path", ["/huge-chunk", "/endless-chunk-extension", "/endless-trailers"])
async def test_it_ends_in_time_what_never_becomes_a_body(allowed: WayOut, service: Upstream, path: str) -> None:
    with pytest.raises((UpstreamBroken, UpstreamTimeout)) as caught:
        await allowed.call(service.url(path), timeout_seconds=0.3)
    assert caught.value.sent is True


@pytest.mark.parametrize("path", ["/hang", "/drip-head", "/drip-body", "/drip-hints", "/hang-in-body"])
async def test_it_gives_up_in_time(allowed: WayOut, service: Upstream, path: str) -> None:
    with pytest.raises(UpstreamTimeout) as caught:
        await allowed.call(service.url(path), timeout_seconds=0.8)
    assert (caught.value.code, caught.value.status, caught.value.sent) == ("timeout", 504, True)


@pytest.mark.parametrize("path", ["/ten-megabytes", "/endless", "/gzip-bomb", "/deflate-bomb", "/gzip-of-nothings"])
async def test_it_takes_no_more_than_it_may(allowed: WayOut, service: Upstream, path: str) -> None:
    with pytest.raises(UpstreamTooLarge) as caught:
        await allowed.call(service.url(path), max_response_bytes=1_000_000)
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("upstream_error", 502, False)


async def test_it_takes_no_more_of_a_head_than_it_may(allowed: WayOut, service: Upstream) -> None:
    with pytest.raises(UpstreamTooLarge, match="more than 65536 bytes of headers") as caught:
        await allowed.call(service.url("/fat-head"))
    assert caught.value.sent is True


async def test_it_takes_ten_megabytes_where_it_may(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(service.url("/ten-megabytes"))
    assert len(answer.body) == 10_000_000


async def test_it_sends_ten_megabytes(allowed: WayOut, service: Upstream) -> None:
    await allowed.call(service.url("/"), "POST", body=b"z" * 10_000_000)
    assert len(service.bodies[0]) == 10_000_000


async def test_it_says_that_nothing_was_sent_where_nobody_listens(way_out: WayOut) -> None:
    with upstream(BEHAVIOURS) as gone:
        way_out.allow.append(gone.allowed)
        url = gone.url()
    with pytest.raises(UpstreamUnreachable) as caught:
        await way_out.call(url)
    assert (caught.value.code, caught.value.sent, caught.value.retryable) == ("upstream_error", False, True)


async def test_it_gives_up_a_connection_in_time(way_out: WayOut) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = full.getsockname()[1]
        # Nobody accepts: once the queue is full, the kernel answers no more.
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        way_out.allow.append(f"127.0.0.1:{port}")
        with pytest.raises(UpstreamTimeout) as caught:
            await way_out.call(f"http://127.0.0.1:{port}/", connect_timeout_seconds=0.2)
    assert caught.value.sent is False


async def test_it_gives_up_a_name_in_time(way_out: WayOut) -> None:
    answered = threading.Event()
    way_out.names.answers["slow.example"] = SlowAnswer(answered)
    try:
        with pytest.raises(UpstreamTimeout) as caught:
            await way_out.call("http://slow.example/", timeout_seconds=0.2)
    finally:
        answered.set()
    assert caught.value.sent is False


async def test_it_starts_nothing_when_there_is_no_time(allowed: WayOut, service: Upstream) -> None:
    with pytest.raises(UpstreamTimeout) as caught:
        await allowed.call(service.url("/"), timeout_seconds=0)
    assert caught.value.sent is False
    assert service.seen == []


async def test_it_says_that_nothing_was_sent_to_an_unknown_name(way_out: WayOut) -> None:
    with pytest.raises(UpstreamUnreachable) as caught:
        await way_out.call("http://nowhere.example/")
    assert caught.value.sent is False


async def test_it_keeps_the_bytes_of_headers_readable(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(service.url("/latin-header"))
    assert answer.headers["X-Utf"] == "Zoë"
    assert answer.headers["X-Name"] == "Zo�"


async def test_it_keeps_no_cookies(allowed: WayOut, service: Upstream) -> None:
    answer = await allowed.call(service.url("/two-cookies"))
    await allowed.call(service.url("/"))
    assert answer.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert "cookie" not in service.seen[1].lower()


async def test_it_ignores_proxies_and_netrc_of_the_environment(
    allowed: WayOut, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    answer = await allowed.call(service.url("/"))
    assert answer.status == 200


async def test_it_serves_several_calls_over_one_connection(allowed: WayOut, service: Upstream) -> None:
    for _ in range(5):
        await allowed.call(service.url("/"))
    assert (len(service.seen), service.connections) == (5, 1)


@pytest.mark.parametrize(
    ("headers", "method"),
    [
        ({"X-A": "b\r\nX-Injected: 1"}, "GET"),
        ({"X-A": "b\x00"}, "GET"),
        ({"X-A": "\ud800"}, "GET"),
        ({"X A": "b"}, "GET"),
        ({"": "b"}, "GET"),
        ({"Host": "other.example"}, "GET"),
        ({"content-length": "3"}, "POST"),
        ({"Transfer-Encoding": "chunked"}, "POST"),
        ({"Connection": "close"}, "GET"),
        ({"Upgrade": "h2c"}, "GET"),
        ({}, "CONNECT"),
        ({}, "TRACE"),
        ({}, "GET /x HTTP/1.1\r\nX: y"),
        ({}, "get"),
        ({}, ""),
    ],
)
async def test_it_sends_no_header_or_method_that_breaks_the_framing(
    allowed: WayOut, service: Upstream, headers: dict[str, str], method: str
) -> None:
    with pytest.raises(EgressBlocked) as caught:
        await allowed.call(service.url("/"), method, headers)
    assert (caught.value.code, caught.value.status) == ("egress_blocked", 403)
    assert service.connections == 0


async def test_it_lets_another_tenant_use_no_connection_that_it_may_not_have(
    way_out: WayOut, service: Upstream
) -> None:
    way_out.allow.append(f"acme@{service.allowed}")
    await way_out.call(service.url("/"))
    with pytest.raises(EgressBlocked):
        await way_out.call(service.url("/"), tenant_slug="other")
    with pytest.raises(EgressBlocked):
        await way_out.call(service.url("/"), tenant_networks=("10.0.0.0/8",))
    assert len(service.seen) == 1


async def test_it_never_shows_urls_headers_or_bodies_in_a_repr(allowed: WayOut, service: Upstream) -> None:
    request = EgressRequest("POST", service.url("/?key=s3cret"), {"Authorization": "Bearer s3cret"}, b"s3cret")
    answer = await allowed.send(request, EgressRules("acme", timeout_seconds=10))
    assert b"s3cret" in service.bodies[0]
    assert "s3cret" not in repr((request, answer, first_hop(request, EgressRules("acme"))))


async def test_it_logs_nothing_that_travels_at_any_level(
    allowed: WayOut, service: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await allowed.call(service.url("/?key=s3cret"), "POST", {"Authorization": "Bearer s3cret"}, b"s3cret")
    assert len(service.seen) == 1
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("path", ["/echo-as-status", "/echo-as-header", "/echo-as-chunk", "/hang-up-on"])
async def test_its_errors_quote_neither_the_request_nor_the_answer(
    allowed: WayOut, service: Upstream, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with pytest.raises(UpstreamBroken) as caught:
        await allowed.call(service.url(f"{path}?key={SECRET}"), headers={"Authorization": f"Bearer {SECRET}"})
    assert f"Bearer {SECRET}" in service.seen[0]
    logging.getLogger("tests").error("It broke", exc_info=caught.value)
    assert "LowerError: " in caplog.text
    assert SECRET not in caplog.text


def test_every_failure_of_an_upstream_says_whether_it_was_sent() -> None:
    assert UpstreamFailure().sent is True
    assert UpstreamFailure(sent=False).message.startswith("The service outside failed.")
