"""What only the asynchronous way out has: one session per event loop, names remembered, addresses in turn."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from integrations.egress import EgressRequest, EgressRules, asynchronous
from integrations.egress.asynchronous import Client
from integrations.egress.policy import read_policy
from integrations.errors import EgressBlocked, UpstreamBroken, UpstreamUnreachable
from tests.integrations.egress.conftest import FakeNames
from tests.integrations.egress.upstreams import Peer, Upstream, echo, upstream

ACME = EgressRules("acme", timeout_seconds=10)


@pytest.fixture
async def client(names: FakeNames, service: Upstream) -> AsyncIterator[Client]:
    client = Client(lookup=names, policy=read_policy([service.allowed]))
    yield client
    await client.aclose()


async def test_it_sends_under_the_settings(service: Upstream, settings: Settings) -> None:
    request = EgressRequest("GET", service.url())
    with pytest.raises(EgressBlocked):
        await asynchronous.send(request, rules=ACME)
    settings.EGRESS_ALLOW_NETWORKS = [service.allowed]
    answer = await asynchronous.send(request, rules=ACME)
    await asynchronous.aclose()
    assert (answer.status, len(service.seen)) == (200, 1)


async def test_it_refuses_to_run_under_settings_that_cannot_be_read(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["nonsense"]
    with pytest.raises(ImproperlyConfigured, match="EGRESS_ALLOW_NETWORKS: `nonsense`"):
        await asynchronous.send(EgressRequest("GET", "http://127.0.0.1/"), rules=ACME)
    await asynchronous.aclose()


def test_it_has_a_session_for_each_event_loop(service: Upstream, settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = [service.allowed]

    async def call_twice() -> None:
        for _ in range(2):
            await asynchronous.send(EgressRequest("GET", service.url()), rules=ACME)
        await asynchronous.aclose()

    asyncio.run(call_twice())
    asyncio.run(call_twice())
    assert (len(service.seen), service.connections) == (4, 2)


def test_it_forgets_the_sessions_of_closed_loops(settings: Settings) -> None:
    async def refused() -> None:
        with pytest.raises(EgressBlocked):
            await asynchronous.send(EgressRequest("GET", "http://127.0.0.1/"), rules=ACME)
        await asynchronous._client()._session.close()

    living = set(asynchronous._clients)
    asyncio.run(refused())
    asyncio.run(refused())
    [closed] = set(asynchronous._clients) - living
    del asynchronous._clients[closed]


async def test_it_closes_where_nothing_was_opened() -> None:
    await asynchronous.aclose()


async def test_it_makes_concurrent_calls_and_asks_for_a_name_once(
    client: Client, names: FakeNames, service: Upstream
) -> None:
    names.say("service.example", service.address)
    url = service.url(host="service.example")
    answers = await asyncio.gather(*(client.send(EgressRequest("GET", url), rules=ACME) for _ in range(50)))
    assert [answer.status for answer in answers] == [200] * 50
    assert names.asked == ["service.example"]


async def test_it_asks_again_for_a_name_that_was_not_found(client: Client, names: FakeNames) -> None:
    for _ in range(2):
        with pytest.raises(UpstreamUnreachable):
            await client.send(EgressRequest("GET", "http://nowhere.example/"), rules=ACME)
    assert names.asked == ["nowhere.example"] * 2


async def test_it_goes_on_when_a_caller_gives_up(client: Client, names: FakeNames, service: Upstream) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.send(EgressRequest("GET", service.url("/hang")), rules=ACME)
    answer = await client.send(EgressRequest("GET", service.url("/")), rules=ACME)
    assert answer.status == 200


class HangsUp:
    """Answers the first request of a connection and hangs up on the next."""

    def __init__(self) -> None:
        self.answered: set[int] = set()

    def __call__(self, peer: Peer) -> bool:
        connection = peer.connection.fileno()
        if connection in self.answered:
            self.answered.discard(connection)
            return False
        self.answered.add(connection)
        return echo(peer)


async def test_it_reads_again_when_a_kept_connection_was_hung_up(names: FakeNames) -> None:
    with upstream({"/": HangsUp()}) as service:
        client = Client(lookup=names, policy=read_policy([service.allowed]))
        for _ in range(2):
            answer = await client.send(EgressRequest("GET", service.url()), rules=ACME)
            assert answer.status == 200
        await client.aclose()
    assert (len(service.seen), service.connections) == (3, 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_it_never_writes_twice(names: FakeNames, method: str) -> None:
    with upstream({"/": HangsUp()}) as service:
        client = Client(lookup=names, policy=read_policy([service.allowed]))
        await client.send(EgressRequest(method, service.url()), rules=ACME)
        with pytest.raises(UpstreamBroken) as caught:
            await client.send(EgressRequest(method, service.url()), rules=ACME)
        await client.aclose()
    assert caught.value.sent is True
    assert len(service.seen) == 2


async def test_it_tries_the_next_address_first_after_one_that_nobody_answers(
    names: FakeNames, service: Upstream
) -> None:
    names.say("service.example", ("127.0.0.2", "127.0.0.1"))
    client = Client(lookup=names, policy=read_policy([service.allowed, f"127.0.0.2:{service.port}"]))
    url = service.url(host="service.example")
    for _ in range(2):
        assert (await client.send(EgressRequest("GET", url), rules=ACME)).status == 200
    assert await client._names.addresses_of("service.example") == ("127.0.0.1", "127.0.0.2")
    await client.aclose()


async def test_it_unpacks_large_answers_beside_the_loop(names: FakeNames) -> None:
    body = random.Random(7).randbytes(300_000)

    def packed(peer: Peer) -> bool:
        return peer.answer(gzip.compress(body), Content_Encoding="gzip")

    with upstream({"/": packed}) as service:
        client = Client(lookup=names, policy=read_policy([service.allowed]))
        answer = await client.send(EgressRequest("GET", service.url()), rules=ACME)
        await client.aclose()
    assert answer.body == body
