"""One POST through egress: what the receiver gets, and what is taken of its answer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from integrations import egress
from integrations.egress import EgressRules
from integrations.errors import EgressBlocked, UpstreamTimeout, UpstreamUnreachable
from tests.upstream import Scripted, Upstream
from webhooks.telling.send import READ_BYTES, Answer, Parcel, send

PARCEL = Parcel(
    "", {"webhook-id": "msg_1", "Content-Type": "application/json"}, b"{}", EgressRules("acme", max_redirects=0)
)


@pytest.fixture(autouse=True)
async def closed_afterwards() -> AsyncIterator[None]:
    yield
    await egress.aclose()


def parcel(upstream: Upstream, **rules: Any) -> Parcel:
    return replace(PARCEL, url=f"{upstream.url}/hooks", rules=replace(PARCEL.rules, **rules))


async def test_it_posts_what_was_packed(upstream: Upstream) -> None:
    assert await send(parcel(upstream)) == Answer(200, None, b'{"ok": true}')
    (received,) = upstream.received
    assert (received.method, received.path, received.body) == ("POST", "/hooks", b"{}")
    assert (received.headers["webhook-id"], received.headers["Content-Type"]) == ("msg_1", "application/json")


async def test_a_redirect_is_an_answer(upstream: Upstream) -> None:
    upstream.will(Scripted(307, b"", {"Location": f"{upstream.url}/elsewhere"}))
    answer = await send(parcel(upstream))
    assert (answer.status, answer.is_success) == (307, False)
    assert [received.path for received in upstream.received] == ["/hooks"]


async def test_it_keeps_the_beginning_of_a_long_answer(upstream: Upstream) -> None:
    upstream.will(Scripted(200, b"a" * 5_000_000))
    answer = await send(parcel(upstream))
    assert (answer.status, answer.beginning) == (200, b"a" * READ_BYTES)


async def test_an_answer_counts_that_cannot_be_read(upstream: Upstream) -> None:
    upstream.will(Scripted(200, b"\x0b\x02\x80", {"Content-Encoding": "br"}))
    assert await send(parcel(upstream)) == Answer(200, None, b"")


async def test_it_hears_when_to_come_again(upstream: Upstream) -> None:
    upstream.will(Scripted(429, b"", {"Retry-After": "120"}))
    assert await send(parcel(upstream)) == Answer(429, 120.0, b"")


async def test_it_waits_no_longer_than_the_subscription_says(upstream: Upstream) -> None:
    _, leave = upstream.will_wait()
    with pytest.raises(UpstreamTimeout):
        await send(parcel(upstream, timeout_seconds=0.1))
    leave.set()


async def test_it_goes_where_egress_lets_it(upstream: Upstream, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = []
    with pytest.raises(EgressBlocked):
        await send(parcel(upstream))
    assert upstream.received == []


async def test_it_says_that_nobody_listens(upstream: Upstream) -> None:
    upstream.close()
    with pytest.raises(UpstreamUnreachable):
        await send(parcel(upstream))


def test_it_shows_no_secret_when_it_is_printed() -> None:
    assert repr(PARCEL) == f"Parcel(rules={PARCEL.rules!r})"
