"""Both ways out under one interface, and the servers that they call."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.egress import EgressRequest, EgressResponse, EgressRules, asynchronous, blocking
from integrations.egress.policy import read_policy
from integrations.egress.proxies import Proxy
from tests.integrations.egress.upstreams import BEHAVIOURS, Upstream, upstream


@dataclass
class FakeNames:
    """A name server in memory. Each answer may be a list of answers, one after the other."""

    answers: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    whatever: tuple[str, ...] = ()
    """Said of every name that nothing else is said of."""

    def __call__(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        answers = self.answers.get(host)
        if answers is None and self.whatever:
            return self.whatever
        if answers is None:
            raise OSError(f"no such name: {host}")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def say(self, host: str, *answers: str | tuple[str, ...]) -> None:
        self.answers[host] = [answer if isinstance(answer, tuple) else (answer,) for answer in answers]


# Reading the machine's authorities takes long, and few tests need them.
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class WayOut:
    """One of the two clients. `call` takes an upstream's URL and anything of a request or of the rules."""

    kind: str
    names: FakeNames
    allow: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = TRUSTS_NOBODY
    proxy: Proxy | None = None
    clients: list[asynchronous.Client | blocking.Client] = field(default_factory=list)

    async def call(
        self,
        url: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        **rules: Any,
    ) -> EgressResponse:
        request = EgressRequest(method, url, headers or {}, body)
        return await self.send(request, EgressRules(**{"tenant_slug": "acme", "timeout_seconds": 10, **rules}))

    async def send(self, request: EgressRequest, rules: EgressRules) -> EgressResponse:
        if not self.clients:
            policy = read_policy(self.allow)
            module = asynchronous if self.kind == "asynchronous" else blocking
            self.clients.append(module.Client(lookup=self.names, policy=policy, tls=self.tls, proxy=self.proxy))
        client = self.clients[0]
        if isinstance(client, blocking.Client):
            return await asyncio.to_thread(client.send, request, rules=rules)
        return await client.send(request, rules=rules)

    async def close(self) -> None:
        for client in self.clients:
            if isinstance(client, blocking.Client):
                client.close()
            else:
                await client.aclose()
        # Transports close in the loop's next turns.
        await asyncio.sleep(0)


@pytest.fixture
def names() -> FakeNames:
    return FakeNames()


@pytest.fixture(params=["asynchronous", "blocking"])
async def way_out(request: pytest.FixtureRequest, names: FakeNames) -> AsyncIterator[WayOut]:
    way = WayOut(request.param, names)
    yield way
    await way.close()


@pytest.fixture
def service() -> Iterator[Upstream]:
    """A local server that behaves as its path says."""
    with upstream(BEHAVIOURS) as server:
        yield server
