"""Redirects and names that change their mind, against real local servers."""

import pytest

from integrations.errors import EgressBlocked, UpstreamBroken, UpstreamUnreachable
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Behaviour, Peer, Upstream, redirect, upstream

SECRET = {"Authorization": "Bearer s3cret", "Cookie": "a=s3cret", "X-Api-Key": "s3cret", "Accept-Language": "fr"}


def behaviours(**extra: Behaviour) -> dict[str, Behaviour]:
    return {**BEHAVIOURS, **{f"/{name.replace('_', '-')}": behave for name, behave in extra.items()}}


async def test_it_follows_to_where_it_may_go(way_out: WayOut, service: Upstream) -> None:
    with upstream(behaviours(away=redirect(service.url("/echo?b=1")))) as first:
        way_out.allow += [first.allowed, service.allowed]
        answer = await way_out.call(first.url("/away"), headers=SECRET)
    assert answer.final_url == service.url("/echo?b=1")
    assert "Accept-Language: fr" in service.seen[0]
    assert f"Host: {service.allowed}" in service.seen[0]
    assert "s3cret" not in service.seen[0]


async def test_it_keeps_credentials_on_the_same_origin(way_out: WayOut) -> None:
    with upstream(behaviours(away=redirect("/echo"))) as service:
        way_out.allow.append(service.allowed)
        await way_out.call(service.url("/away"), headers=SECRET)
    assert service.seen[1].count("s3cret") == 3


@pytest.mark.parametrize(("status", "body"), [(307, b"data"), (308, b"data"), (302, b""), (303, b"")])
async def test_it_sends_the_body_on_where_the_status_says_so(way_out: WayOut, status: int, body: bytes) -> None:
    with upstream(behaviours(away=redirect("/echo", status))) as service:
        way_out.allow.append(service.allowed)
        await way_out.call(service.url("/away"), "POST", body=b"data")
    assert service.bodies == [b"data", body]
    assert service.seen[1].split(" ")[0] == ("POST" if body else "GET")


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://[::ffff:127.0.0.1]:PORT/", "http://127.1:PORT/"),
        *(
            "http://169.254.169.254/latest/meta-data/",
            "//10.0.0.1/",
            "http://u:p@127.0.0.1:PORT/",
            "file:///etc/passwd",
        ),
        *("gopher://127.0.0.1:PORT/", "http://inside.example:PORT/", "http://[::1", "http://0x7f.1:PORT/"),
    ],
)
async def test_it_checks_where_a_redirect_leads(
    way_out: WayOut, names: FakeNames, service: Upstream, location: str
) -> None:
    names.say("localhost", "127.0.0.1")
    names.say("inside.example", "127.0.0.1")
    with upstream(behaviours(away=redirect(location.replace("PORT", str(service.port))))) as first:
        way_out.allow.append(first.allowed)
        with pytest.raises(EgressBlocked):
            await way_out.call(first.url("/away"))
        assert len(first.seen) == 1
    assert service.connections == 0


async def test_it_checks_every_hop(way_out: WayOut, service: Upstream) -> None:
    with upstream(behaviours(away=redirect(service.url("/")))) as second:
        with upstream(behaviours(away=redirect(second.url("/away")))) as first:
            way_out.allow += [first.allowed, second.allowed]
            with pytest.raises(EgressBlocked):
                await way_out.call(first.url("/away"))
        assert len(second.seen) == 1
    assert service.connections == 0


async def test_it_leaves_a_loop(way_out: WayOut) -> None:
    with upstream(behaviours(loop=redirect("/loop"))) as service:
        way_out.allow.append(service.allowed)
        with pytest.raises(UpstreamBroken, match=r"redirects too often"):
            await way_out.call(service.url("/loop"))
        assert len(service.seen) == 6


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


async def test_a_name_that_turns_inward_is_refused(way_out: WayOut, names: FakeNames, service: Upstream) -> None:
    with upstream(BEHAVIOURS, host="127.0.0.2") as inside:
        way_out.allow.append(service.allowed)
        names.say("turning.example", "127.0.0.2", "127.0.0.1")
        with pytest.raises(EgressBlocked):
            await way_out.call(inside.url(host="turning.example"))
        assert inside.connections == 0


async def test_a_name_is_looked_up_once_and_that_answer_is_used(
    way_out: WayOut, names: FakeNames, service: Upstream
) -> None:
    way_out.allow.append(service.allowed)
    names.say("turning.example", "127.0.0.1", "169.254.169.254")
    answer = await way_out.call(service.url(host="turning.example"))
    assert answer.status == 200
    assert names.asked == ["turning.example"]
    assert f"Host: turning.example:{service.port}" in service.seen[0]


async def test_a_name_with_an_inner_and_an_outer_face_is_refused(
    way_out: WayOut, names: FakeNames, service: Upstream
) -> None:
    way_out.allow.append(service.allowed)
    names.say("both.example", ("127.0.0.1", "127.0.0.3"))
    with pytest.raises(EgressBlocked, match=r"both\.example resolves to an address that is a loopback address"):
        await way_out.call(service.url(host="both.example"))
    assert service.connections == 0


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
