"""The operator's proxy: a real one on this machine, which notes where it was asked to go.

The services stand on this machine, too. The proxy knows them as 10.9.9.9 and fd09::9.
"""

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from integrations.egress import EgressRequest, EgressRules, blocking
from integrations.egress.proxies import LONGEST_ANSWER, BadProxy, Proxy, read_proxy
from integrations.errors import EgressBlocked, UpstreamTimeout, UpstreamUnreachable
from tests.integrations.egress.authority import make_authority
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Peer, Upstream, redirect, upstream

FOUR, SIX = "10.9.9.9", "fd09::9"


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def connect_through(peer: Peer) -> None:
    """What a proxy does with CONNECT: reach the address, say so, and pass bytes on both ways."""
    host, _, port = peer.path.rpartition(":")
    with socket.create_connection(({FOUR: "127.0.0.1", f"[{SIX}]": "::1"}[host], int(port))) as far:
        peer.raw(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 corner\r\n\r\n")
        back = threading.Thread(target=pump, args=(far, peer.connection))
        back.start()
        pump(peer.connection, far)
        back.join()


class AnyPath(dict[str, Callable[[Peer], bool | None]]):
    def __missing__(self, path: str) -> Callable[[Peer], bool | None]:
        return self["*"]


@pytest.fixture
def corner() -> Iterator[Upstream]:
    """The proxy."""
    with upstream(AnyPath({"*": connect_through})) as proxy:
        yield proxy


def through(way_out: WayOut, proxy: Upstream, login: str = "") -> None:
    way_out.proxy = Proxy(proxy.address, proxy.port, login)


def far(way_out: WayOut, service: Upstream) -> str:
    """The service's URL as the proxy knows it, allowed."""
    way_out.allow.append(f"{FOUR}:{service.port}")
    return service.url(host=FOUR)


async def test_it_asks_for_the_checked_address(
    way_out: WayOut, names: FakeNames, service: Upstream, corner: Upstream
) -> None:
    through(way_out, corner)
    far(way_out, service)
    names.say("service.example", FOUR)
    answer = await way_out.call(service.url("/?q", host="service.example"))
    assert (answer.status, corner.connections) == (200, 1)
    assert corner.seen == [f"CONNECT {FOUR}:{service.port} HTTP/1.1\nHost: {FOUR}:{service.port}"]
    assert f"Host: service.example:{service.port}" in service.seen[0]


async def test_it_asks_for_an_address_of_version_six_in_brackets(way_out: WayOut, corner: Upstream) -> None:
    through(way_out, corner)
    with upstream(BEHAVIOURS, host="::1") as service:
        way_out.allow.append(f"[{SIX}]:{service.port}")
        assert (await way_out.call(service.url(host=f"[{SIX}]"))).status == 200
        assert corner.seen[0].startswith(f"CONNECT [{SIX}]:{service.port} ")


async def test_tls_goes_through_it_under_the_hosts_name(
    way_out: WayOut, names: FakeNames, corner: Upstream, tmp_path: Path
) -> None:
    authority, asked = make_authority(tmp_path), list[str | None]()
    way_out.tls, context = authority.trusting(), authority.serving("api.example")
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    through(way_out, corner)
    with upstream(BEHAVIOURS, tls=context) as service:
        far(way_out, service)
        names.say("api.example", FOUR)
        names.say("other.example", FOUR)
        assert (await way_out.call(service.url(host="api.example"), headers={"X-Key": "s3cret"})).status == 200
        with pytest.raises(UpstreamUnreachable, match="TLS"):
            await way_out.call(service.url(host="other.example"))
    assert asked == ["api.example", "other.example"]
    assert not any("s3cret" in head or "example" in head for head in corner.seen)


async def test_it_serves_several_calls_over_one_tunnel(way_out: WayOut, service: Upstream, corner: Upstream) -> None:
    through(way_out, corner)
    for _ in range(3):
        await way_out.call(far(way_out, service))
    assert (len(service.seen), corner.connections) == (3, 1)


async def test_it_tells_the_proxy_its_login_and_the_service_nothing(
    way_out: WayOut, service: Upstream, corner: Upstream
) -> None:
    through(way_out, corner, "bob:s3cret")
    await way_out.call(far(way_out, service))
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'bob:s3cret').decode()}" in corner.seen[0]
    assert "proxy" not in service.seen[0].lower()
    assert "s3cret" not in repr(way_out.proxy)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "http://inside.example/"])
async def test_the_policy_holds_before_the_proxy_is_asked(
    way_out: WayOut, names: FakeNames, corner: Upstream, url: str
) -> None:
    through(way_out, corner)
    names.say("inside.example", "10.0.0.1")
    with pytest.raises(EgressBlocked):
        await way_out.call(url)
    assert corner.connections == 0


async def test_the_policy_holds_for_each_redirect(way_out: WayOut, corner: Upstream) -> None:
    through(way_out, corner)
    with upstream({"/": redirect("http://169.254.169.254/latest/")}) as service, pytest.raises(EgressBlocked):
        await way_out.call(far(way_out, service))
    assert corner.connections == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "opens no way to the service (403)"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "opens no way to the service (407)"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", "opens no way to the service (302)"),
        (b"SSH-2.0\r\n\r\n", "opens no way to the service (no status)"),
        (b"HTTP/1.1 200 OK\r\n", "hung up or does not speak HTTP"),
        (b"", "hung up or does not speak HTTP"),
        (b"z" * (LONGEST_ANSWER + 10), "hung up or does not speak HTTP"),
    ],
)
async def test_it_says_when_the_proxy_opens_no_way(
    way_out: WayOut, service: Upstream, said: bytes, sentence: str
) -> None:
    with upstream(AnyPath({"*": lambda peer: peer.raw(said)})) as proxy:
        through(way_out, proxy)
        with pytest.raises(UpstreamUnreachable) as caught:
            await way_out.call(far(way_out, service), "POST", body=b"once")
        assert sentence in caught.value.message
        assert (caught.value.sent, service.connections, proxy.connections) == (False, 0, 1)


async def test_it_gives_up_a_proxy_that_drips(way_out: WayOut, service: Upstream) -> None:
    def drip(peer: Peer) -> None:
        while not peer.upstream.stop.wait(0.02):
            peer.raw(b"z")

    with upstream(AnyPath({"*": drip})) as proxy:
        through(way_out, proxy)
        with pytest.raises(UpstreamTimeout) as caught:
            await way_out.call(far(way_out, service), connect_timeout_seconds=0.3)
    assert (caught.value.sent, service.connections) == (False, 0)


async def test_it_goes_nowhere_when_the_proxy_is_away(way_out: WayOut, service: Upstream) -> None:
    with upstream({}) as gone:
        through(way_out, gone)
    with pytest.raises(UpstreamUnreachable) as caught:
        await way_out.call(far(way_out, service))
    assert (caught.value.sent, service.connections) == (False, 0)


async def test_it_calls_this_machine_itself(way_out: WayOut, service: Upstream, corner: Upstream) -> None:
    # For the proxy, 127.0.0.1 is the proxy: something else than what the operator has allowed.
    through(way_out, corner)
    way_out.allow.append(service.allowed)
    assert (await way_out.call(service.url())).status == 200
    assert corner.connections == 0


def test_the_setting_is_the_only_way_to_a_proxy(
    service: Upstream, corner: Upstream, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = [service.allowed, f"{FOUR}:{service.port}"]
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{corner.allowed}")
        monkeypatch.setenv(name.upper(), f"http://{corner.allowed}")
    for proxy, host, connections in (("", None, 0), (f"http://{corner.allowed}", FOUR, 1)):
        settings.EGRESS_PROXY_URL = proxy
        blocking._client.cache_clear()
        assert blocking.send(EgressRequest("GET", service.url(host=host)), rules=EgressRules("acme")).status == 200
        assert corner.connections == connections
    blocking._client.cache_clear()


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("", None),
        ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
        ("http://[fd00::1]:3128/", Proxy("fd00::1", 3128)),
        ("http://bob:p%40ss@proxy.example:3128", Proxy("proxy.example", 3128, "bob:p@ss")),
        ("http://bob@proxy.example:3128", Proxy("proxy.example", 3128, "bob:")),
    ],
)
def test_it_reads_the_setting(url: str, proxy: Proxy | None) -> None:
    assert read_proxy(url) == proxy


@pytest.mark.parametrize(
    "url",
    [
        *("proxy.example:3128", "http://proxy.example", "https://proxy.example:3128", "socks5://proxy.example:1080"),
        *("http://bob:s3cret@proxy.example:port", "http://:3128", "http://a:1/path", "http://a:1?q", "http://[a:1"),
    ],
)
def test_it_refuses_a_setting_that_cannot_be_read(url: str, settings: Settings) -> None:
    with pytest.raises(BadProxy) as caught:
        read_proxy(url)
    assert "s3cret" not in str(caught.value)
    settings.EGRESS_PROXY_URL = url
    blocking._client.cache_clear()
    with pytest.raises(ImproperlyConfigured, match="EGRESS_PROXY_URL"):
        blocking.send(EgressRequest("GET", "http://127.0.0.1/"), rules=EgressRules("acme"))
