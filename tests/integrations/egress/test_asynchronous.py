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
from integrations.egress.connector import NoNames, Progress, progress
from integrations.egress.names import system_lookup
from integrations.egress.policy import read_policy
from integrations.errors import EgressBlocked, UpstreamUnreachable
from tests.integrations.egress.conftest import FakeNames
from tests.integrations.egress.upstreams import Peer, Upstream, upstream

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


async def test_its_session_resolves_no_names_by_itself(client: Client) -> None:
    progress.set(Progress("acme"))
    with pytest.raises(UpstreamUnreachable):
        await client._session.get("http://localhost:1/")
    await NoNames().close()


async def test_it_forgets_names_when_there_are_too_many(
    client: Client, names: FakeNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.egress.names.REMEMBERED_HOSTS", 2)
    for host in ("a.example", "b.example", "c.example", "a.example", "c.example"):
        names.say(host, "192.0.2.1")
        await client._names.addresses_of(host)
    assert names.asked == ["a.example", "b.example", "c.example", "a.example"]


async def test_it_asks_again_after_a_while(client: Client, names: FakeNames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.egress.names.REMEMBERED_SECONDS", -1.0)
    names.say("a.example", "192.0.2.1")
    for _ in range(2):
        await client._names.addresses_of("a.example")
    client._names.put_last("other.example", "192.0.2.1")
    assert names.asked == ["a.example"] * 2


def test_it_asks_the_system_for_names() -> None:
    assert set(system_lookup("localhost")) <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError, match=r"not known|resolution|No address"):
        system_lookup("nowhere.invalid")


async def test_it_keeps_connections_for_each_tenant_apart(client: Client, service: Upstream) -> None:
    for tenant in ("acme", "globex", "acme"):
        await client.send(EgressRequest("GET", service.url()), rules=EgressRules(tenant, timeout_seconds=10))
    assert (len(service.seen), service.connections) == (3, 2)
