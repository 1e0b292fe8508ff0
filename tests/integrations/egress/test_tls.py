"""TLS to a checked address is still TLS with the host of the URL."""

import socket
import ssl
from pathlib import Path

import pytest

from integrations.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from tests.integrations.egress.authority import Authority, make_authority
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Upstream, upstream


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(way_out: WayOut, authority: Authority) -> WayOut:
    way_out.tls = authority.trusting()
    return way_out


def reach(way_out: WayOut, names: FakeNames, service: Upstream, *hosts: str) -> None:
    way_out.allow.append(service.allowed)
    for host in hosts:
        names.say(host, service.address)


async def test_it_asks_for_the_host_and_checks_its_certificate(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    asked: list[str | None] = []
    context = authority.serving("api.example", "127.0.0.1")
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    with upstream(BEHAVIOURS, tls=context) as service:
        reach(trusting, names, service, "api.example")
        answer = await trusting.call(service.url("/?q", host="API.example."))
        assert (answer.status, answer.final_url) == (200, service.url("/?q", host="api.example"))
        assert (await trusting.call(service.url())).status == 200
        assert f"Host: api.example:{service.port}" in service.seen[0]
    assert asked == ["api.example", None]


async def test_it_refuses_a_certificate_for_another_host(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(trusting, names, service, "other.example")
        with pytest.raises(UpstreamUnreachable, match="TLS") as caught:
            await trusting.call(service.url(host="other.example"))
        assert service.seen == []
    assert caught.value.sent is False


async def test_it_uses_no_connection_of_another_host_at_the_same_address(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(trusting, names, service, "api.example", "other.example")
        await trusting.call(service.url(host="api.example"))
        with pytest.raises(UpstreamUnreachable, match="TLS"):
            await trusting.call(service.url(host="other.example"))
        assert len(service.seen) == 1


async def test_it_refuses_a_certificate_of_an_unknown_authority(
    trusting: WayOut, names: FakeNames, authority: Authority, tmp_path: Path
) -> None:
    with upstream(BEHAVIOURS, tls=make_authority(tmp_path).serving("api.example")) as service:
        reach(trusting, names, service, "api.example")
        with pytest.raises(UpstreamUnreachable, match="TLS"):
            await trusting.call(service.url(host="api.example"))
        assert service.seen == []


async def test_it_refuses_a_certificate_that_has_run_out(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    with upstream(BEHAVIOURS, tls=authority.serving("api.example", valid_days=-1)) as service:
        reach(trusting, names, service, "api.example")
        with pytest.raises(UpstreamUnreachable, match="TLS"):
            await trusting.call(service.url(host="api.example"))
        assert service.seen == []


async def test_it_trusts_the_known_authorities_only_by_default(
    way_out: WayOut, names: FakeNames, authority: Authority
) -> None:
    way_out.tls = None
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(way_out, names, service, "api.example")
        with pytest.raises(UpstreamUnreachable, match="TLS"):
            await way_out.call(service.url(host="api.example"))


async def test_it_says_when_a_service_speaks_no_tls(trusting: WayOut, service: Upstream) -> None:
    trusting.allow.append(service.allowed)
    with pytest.raises(UpstreamUnreachable, match="TLS") as caught:
        await trusting.call(service.url().replace("http:", "https:"))
    assert caught.value.sent is False


@pytest.mark.parametrize("path", ["/hang", "/drip-head", "/drip-body"])
async def test_it_gives_up_in_time_over_tls(
    trusting: WayOut, names: FakeNames, authority: Authority, path: str
) -> None:
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(trusting, names, service, "api.example")
        with pytest.raises(UpstreamTimeout) as caught:
            await trusting.call(service.url(path, host="api.example"), timeout_seconds=0.5)
    assert caught.value.sent is True


async def test_it_gives_up_a_handshake_in_time(trusting: WayOut) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        trusting.allow.append(f"127.0.0.1:{port}")
        with pytest.raises(UpstreamTimeout) as caught:
            await trusting.call(f"https://127.0.0.1:{port}/", connect_timeout_seconds=0.2)
    assert caught.value.sent is False


def test_the_authority_is_real(authority: Authority) -> None:
    assert authority.trusting().verify_mode == ssl.CERT_REQUIRED


async def test_it_takes_an_answer_that_ends_with_the_connection(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    # The server says no goodbye in TLS (close_notify), as many do not.
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(trusting, names, service, "api.example")
        answer = await trusting.call(service.url("/no-length", host="api.example"))
    assert (answer.status, answer.body) == (200, b"until the end")


# Not for the blocking way: Python's ssl tells it a reset and such an end in the same word.
@pytest.mark.parametrize("way_out", ["asynchronous"], indirect=True)
async def test_it_takes_no_reset_for_the_end_of_an_answer(
    trusting: WayOut, names: FakeNames, authority: Authority
) -> None:
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as service:
        reach(trusting, names, service, "api.example")
        with pytest.raises(UpstreamBroken):
            await trusting.call(service.url("/reset-without-length", host="api.example"))
        assert len(service.seen) == 1
