"""What a service may try with redirects, and a name server with its answers: each scenario against real local servers.

`first` is the service that is called and allowed, `inside` one that nobody may reach, `elsewhere` another allowed one.
More of the kind: every hostile URL as a redirect (`test_hostile.py`), TLS under another name (`test_tls.py`).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.egress import EgressRequest, EgressRules
from integrations.errors import EgressBlocked, UpstreamBroken, UpstreamTooLarge, UpstreamUnreachable
from tests.integrations.egress.authority import make_authority
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.upstreams import BEHAVIOURS, Peer, Upstream, echo, redirect, upstream

ACME = EgressRules("acme", timeout_seconds=10)
CREDENTIALS = {
    "Authorization": "Bearer s3cret",
    "Cookie": "session=s3cret",
    "X-Api-Key": "s3cret",
    "DD-APPLICATION-KEY": "s3cret",
    "Referer": "https://app.example/?key=s3cret",
    "Accept-Language": "fr",
}


@pytest.fixture
def first(way_out: WayOut) -> Iterator[Upstream]:
    with upstream(dict(BEHAVIOURS)) as service:
        way_out.allow.append(service.allowed)
        yield service


@pytest.fixture
def elsewhere(way_out: WayOut) -> Iterator[Upstream]:
    with upstream(BEHAVIOURS) as service:
        way_out.allow.append(service.allowed)
        yield service


@pytest.fixture
def inside() -> Iterator[Upstream]:
    """At another address, on a port of its own: nothing allows it."""
    with upstream(BEHAVIOURS, host="127.0.0.2") as service:
        yield service
        assert service.connections == 0


async def test_1_credentials_do_not_follow_to_another_origin(
    way_out: WayOut, first: Upstream, elsewhere: Upstream
) -> None:
    first.behaviours["/away"] = redirect(elsewhere.url("/echo"))
    await way_out.call(first.url("/away"), headers=CREDENTIALS)
    assert first.seen[0].count("s3cret") == 5
    assert "s3cret" not in elsewhere.seen[0]
    assert "Accept-Language: fr" in elsewhere.seen[0]


async def test_2_nor_to_another_name_of_the_same_server(way_out: WayOut, names: FakeNames, first: Upstream) -> None:
    names.say("one.example", first.address)
    names.say("two.example", first.address)
    first.behaviours["/away"] = redirect(first.url("/echo", host="two.example"))
    await way_out.call(first.url("/away", host="one.example"), headers=CREDENTIALS)
    assert f"Host: two.example:{first.port}" in first.seen[1]
    assert "s3cret" not in first.seen[1]


async def test_3_nor_back_to_the_first_by_way_of_another(way_out: WayOut, first: Upstream) -> None:
    with upstream({"/back": redirect(first.url("/echo"))}) as other:
        way_out.allow.append(other.allowed)
        first.behaviours["/away"] = redirect(other.url("/back"))
        await way_out.call(first.url("/away"), headers=CREDENTIALS)
    assert "s3cret" not in other.seen[0] + first.seen[1]


async def test_4_credentials_stay_within_the_origin(way_out: WayOut, first: Upstream) -> None:
    first.behaviours["/away"] = redirect("echo?page=2")
    await way_out.call(first.url("/away"), headers=CREDENTIALS)
    assert first.seen[1].startswith("GET /echo?page=2 ")
    assert first.seen[1].count("s3cret") == 5


@pytest.mark.parametrize("status", [307, 308])
async def test_5_a_body_is_not_sent_to_another_origin(
    way_out: WayOut, first: Upstream, elsewhere: Upstream, status: int
) -> None:
    first.behaviours["/away"] = redirect(elsewhere.url("/echo"), status)
    with pytest.raises(EgressBlocked, match="would be sent the body"):
        await way_out.call(first.url("/away"), "POST", body=b"client_secret=s3cret")
    assert (first.bodies, elsewhere.connections) == ([b"client_secret=s3cret"], 0)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_6_what_becomes_a_get_goes_without_its_body(
    way_out: WayOut, first: Upstream, elsewhere: Upstream, status: int
) -> None:
    first.behaviours["/away"] = redirect(elsewhere.url("/echo"), status)
    await way_out.call(first.url("/away"), "POST", {"Content-Type": "text/csv"}, b"s3cret")
    assert (elsewhere.bodies, elsewhere.seen[0].split(" ")[0]) == ([b""], "GET")
    assert "content-" not in elsewhere.seen[0].lower()


@pytest.mark.parametrize("spelled", ["s3cret/+1", "s3cret%2F%2B1", "%73%33cret/%2b1", "czNjcmV0LysxCg"])
async def test_7_a_service_hands_the_credential_on_in_the_address(
    way_out: WayOut, first: Upstream, elsewhere: Upstream, spelled: str
) -> None:
    first.behaviours["/away"] = redirect(elsewhere.url(f"/echo?key={spelled}"))
    request = EgressRequest("GET", first.url("/away?key=s3cret%2F%2B1"), secrets=("s3cret/+1",))
    with pytest.raises(EgressBlocked, match="tells it the credential"):
        await way_out.send(request, ACME)
    assert elsewhere.connections == 0


async def test_8_from_https_to_http_even_on_the_same_host(
    way_out: WayOut, names: FakeNames, elsewhere: Upstream, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path)
    way_out.tls = authority.trusting()
    names.say("api.example", "127.0.0.1")
    to = redirect(elsewhere.url("/echo", host="api.example"))
    with upstream({"/away": to}, tls=authority.serving("api.example")) as secure:
        way_out.allow.append(secure.allowed)
        with pytest.raises(EgressBlocked, match="in the clear"):
            await way_out.call(secure.url("/away", host="api.example"), headers=CREDENTIALS)
        assert len(secure.seen) == 1
    assert elsewhere.connections == 0


async def test_9_from_http_to_https_drops_what_went_in_the_clear(
    way_out: WayOut, names: FakeNames, first: Upstream, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path)
    way_out.tls = authority.trusting()
    names.say("api.example", "127.0.0.1")
    with upstream(BEHAVIOURS, tls=authority.serving("api.example")) as secure:
        way_out.allow.append(secure.allowed)
        first.behaviours["/away"] = redirect(secure.url("/echo", host="api.example"), 308)
        answer = await way_out.call(first.url("/away", host="api.example"), "PUT", CREDENTIALS, b"data")
        assert (answer.body, answer.final_url) == (b"data", secure.url("/echo", host="api.example"))
    assert "s3cret" not in secure.seen[0]


async def test_10_round_and_round(way_out: WayOut, first: Upstream) -> None:
    first.behaviours |= {"/one": redirect("/two"), "/two": redirect("/one")}
    with pytest.raises(UpstreamBroken, match="redirects too often"):
        await way_out.call(first.url("/one"))
    assert len(first.seen) == 6


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.2:PORT/", "//127.0.0.2:PORT/", "http://0x7f.2:PORT/", "http://[::ffff:127.0.0.2]:PORT/"),
        *("http://169.254.169.254/latest/meta-data/", "http://user:pass@127.0.0.2:PORT/", "http://127.0.0.2:PORT\\@x/"),
        *("ftp://127.0.0.2:PORT/", "file:///etc/passwd", "gopher://127.0.0.2:PORT/_", "http://[::1"),
    ],
)
async def test_11_to_where_nobody_may_go(way_out: WayOut, first: Upstream, inside: Upstream, location: str) -> None:
    first.behaviours["/away"] = redirect(location.replace("PORT", str(inside.port)))
    with pytest.raises(EgressBlocked):
        await way_out.call(first.url("/away"))
    assert len(first.seen) == 1


async def test_12_inside_by_way_of_somewhere_allowed(way_out: WayOut, first: Upstream, inside: Upstream) -> None:
    with upstream({"/on": redirect(inside.url())}) as second:
        way_out.allow.append(second.allowed)
        first.behaviours["/away"] = redirect(second.url("/on"))
        with pytest.raises(EgressBlocked):
            await way_out.call(first.url("/away"))
    assert len(second.seen) == 1


async def test_13_a_redirect_sets_a_cookie(way_out: WayOut, first: Upstream) -> None:
    def set_cookie(peer: Peer) -> bool:
        return peer.answer(b"", "302 Found", Location="/echo", Set_Cookie="session=planted; Path=/")

    first.behaviours["/away"] = set_cookie
    await way_out.call(first.url("/away"))
    await way_out.call(first.url("/echo"))
    assert "cookie" not in (first.seen[1] + first.seen[2]).lower()


async def test_14_a_redirect_with_a_body_that_never_ends(way_out: WayOut, first: Upstream) -> None:
    def endlessly(peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 302 Found\r\nLocation: /echo\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not peer.upstream.stop.is_set():
            peer.raw(b"10000\r\n" + b"z" * 65536 + b"\r\n")

    first.behaviours["/away"] = endlessly
    with pytest.raises(UpstreamTooLarge, match="larger than 1000000 bytes"):
        await way_out.call(first.url("/away"), max_response_bytes=1_000_000)
    assert len(first.seen) == 1


async def test_15_a_name_that_leads_inside(way_out: WayOut, names: FakeNames, inside: Upstream) -> None:
    # Whatever stands between, a CNAME or a wildcard: what counts is the address that comes out.
    names.say("alias.example", inside.address)
    with pytest.raises(EgressBlocked, match=r"alias\.example resolves to an address that is a loopback address"):
        await way_out.call(inside.url(host="alias.example"))


async def test_16_a_name_that_has_changed_since_it_was_checked(
    way_out: WayOut, names: FakeNames, first: Upstream
) -> None:
    names.say("turning.example", first.address, "169.254.169.254")
    assert (await way_out.call(first.url(host="turning.example"))).status == 200
    assert names.asked == ["turning.example"]


async def test_17_a_name_that_turns_inward_between_two_calls(
    way_out: WayOut, names: FakeNames, first: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.egress.names.REMEMBERED_SECONDS", -1.0)
    names.say("turning.example", first.address, "127.0.0.2")
    await way_out.call(first.url(host="turning.example"))
    # The connection of the first call is still open, and would lead to where the name no longer does.
    with pytest.raises(EgressBlocked):
        await way_out.call(first.url(host="turning.example"))
    assert len(first.seen) == 1


async def test_18_a_name_that_turns_inward_between_two_hops(
    way_out: WayOut, names: FakeNames, first: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.egress.names.REMEMBERED_SECONDS", -1.0)
    names.say("turning.example", first.address, "127.0.0.2")
    first.behaviours["/away"] = redirect("/echo")
    with pytest.raises(EgressBlocked):
        await way_out.call(first.url("/away", host="turning.example"))
    assert len(first.seen) == 1


@pytest.mark.parametrize("addresses", [("127.0.0.1", "127.0.0.2"), ("127.0.0.2", "127.0.0.1"), ("127.0.0.1", "::1")])
async def test_19_a_name_with_an_inner_and_an_outer_face(
    way_out: WayOut, names: FakeNames, first: Upstream, addresses: tuple[str, ...]
) -> None:
    names.say("both.example", addresses)
    with pytest.raises(EgressBlocked):
        await way_out.call(first.url(host="both.example"))
    assert first.connections == 0


async def test_20_a_name_that_moves_takes_no_open_connection_along(
    way_out: WayOut, names: FakeNames, first: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.egress.names.REMEMBERED_SECONDS", -1.0)
    names.say("moving.example", "127.0.0.1", "127.0.0.3")
    with upstream({"/": echo}, host="127.0.0.3", port=first.port) as new:
        way_out.allow.append(new.allowed)
        for _ in range(2):
            await way_out.call(first.url(host="moving.example"))
        assert (len(first.seen), len(new.seen)) == (1, 1)


async def test_21_a_redirect_to_a_name_that_is_none(way_out: WayOut, first: Upstream) -> None:
    first.behaviours["/away"] = redirect("http://nowhere.example/")
    with pytest.raises(UpstreamUnreachable) as caught:
        await way_out.call(first.url("/away"), "POST")
    assert caught.value.sent is True
