"""How redirects are followed, addresses tried in turn and kept connections used, against real local servers.

What is refused on the way is in `test_scenarios.py`.
"""

import pytest

from integrations.errors import UpstreamBroken, UpstreamUnreachable
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Behaviour, Peer, Upstream, redirect, upstream


def behaviours(**extra: Behaviour) -> dict[str, Behaviour]:
    return {**BEHAVIOURS, **{f"/{name.replace('_', '-')}": behave for name, behave in extra.items()}}


@pytest.mark.parametrize(("status", "body"), [(307, b"data"), (308, b"data"), (302, b""), (303, b"")])
async def test_it_sends_the_body_on_where_the_status_says_so(way_out: WayOut, status: int, body: bytes) -> None:
    with upstream(behaviours(away=redirect("/echo", status))) as service:
        way_out.allow.append(service.allowed)
        await way_out.call(service.url("/away"), "POST", body=b"data")
    assert service.bodies == [b"data", body]
    assert service.seen[1].split(" ")[0] == ("POST" if body else "GET")


async def test_it_follows_as_many_as_it_may(way_out: WayOut) -> None:
    with upstream(behaviours(one=redirect("/two"), two=redirect("/"))) as service:
        way_out.allow.append(service.allowed)
        assert (await way_out.call(service.url("/one"), max_redirects=2)).status == 200
        with pytest.raises(UpstreamBroken):
            await way_out.call(service.url("/one"), max_redirects=1)
        assert (await way_out.call(service.url("/one"), max_redirects=0)).status == 302


async def test_what_was_sent_stays_sent_after_a_redirect(way_out: WayOut) -> None:
    with upstream(BEHAVIOURS) as gone:
        url = gone.url()
        way_out.allow.append(gone.allowed)
    with upstream(behaviours(away=redirect(url), lost=redirect("http://nowhere.example/"))) as service:
        way_out.allow.append(service.allowed)
        for path in ("/away", "/lost"):
            with pytest.raises(UpstreamUnreachable) as caught:
                await way_out.call(service.url(path))
            assert caught.value.sent is True


async def test_it_falls_over_to_the_next_address(way_out: WayOut, names: FakeNames, service: Upstream) -> None:
    way_out.allow += [service.allowed, f"127.0.0.4:{service.port}"]
    names.say("two.example", ("127.0.0.4", "127.0.0.1"))
    assert (await way_out.call(service.url(host="two.example"))).status == 200


async def test_it_does_not_send_to_the_next_address_what_was_sent_already(
    way_out: WayOut, names: FakeNames, service: Upstream
) -> None:
    way_out.allow += [service.allowed, f"127.0.0.4:{service.port}"]
    names.say("two.example", ("127.0.0.1", "127.0.0.4"))
    with pytest.raises(UpstreamBroken):
        await way_out.call(service.url("/close-at-once", host="two.example"), "POST")
    assert len(service.seen) == 1


async def test_it_speaks_to_an_address_of_version_six(way_out: WayOut, names: FakeNames) -> None:
    with upstream(BEHAVIOURS, host="::1") as service:
        way_out.allow.append(service.allowed)
        names.say("six.example", "::1")
        assert (await way_out.call(service.url(host="[::1]"))).status == 200
        assert (await way_out.call(service.url(host="six.example"))).status == 200


class HangsUp:
    """Answers the first request of a connection and hangs up on the next."""

    def __init__(self) -> None:
        self.answered: list[object] = []

    def __call__(self, peer: Peer) -> bool:
        if peer.connection in self.answered:
            return False
        self.answered.append(peer.connection)
        return peer.answer(b"once")


async def test_it_reads_again_when_a_kept_connection_was_hung_up(way_out: WayOut) -> None:
    with upstream({"/": HangsUp()}) as service:
        way_out.allow.append(service.allowed)
        for _ in range(2):
            assert (await way_out.call(service.url())).body == b"once"
    assert (len(service.seen), service.connections) == (3, 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_it_never_writes_twice(way_out: WayOut, method: str) -> None:
    with upstream({"/": HangsUp()}) as service:
        way_out.allow.append(service.allowed)
        await way_out.call(service.url(), method)
        with pytest.raises(UpstreamBroken) as caught:
            await way_out.call(service.url(), method)
    assert caught.value.sent is True
    assert len(service.seen) == 2
