"""A served installation, an upstream that streams, and clients as vendors' libraries are."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import Tool
from registry.register import register_tool
from tests.catalogue import FIND_CONTACT, manager_of
from tests.integrations.egress.upstreams import Upstream
from tests.registry.streaming.server import Script, scripted
from tests.web import Web


@pytest.fixture
def service() -> Iterator[tuple[Upstream, Script]]:
    with scripted() as both:
        yield both


@pytest.fixture
def script(service: tuple[Upstream, Script]) -> Script:
    return service[1]


@pytest.fixture
def tool(acme: Tenant, service: tuple[Upstream, Script]) -> Callable[..., Tool]:
    def register(**changes: Any) -> Tool:
        definition = {"method": "POST", "url": service[0].url()}
        with within(acme.id):
            return register_tool(by=manager_of(acme), spec={**FIND_CONTACT, "definition": definition, **changes})

    return register


@dataclass(frozen=True)
class Event:
    event: str
    data: Any
    id: str = ""


class Stream:
    """An answer of events, read one at a time."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event | None:
        """The next event, None at the end. Comments are passed over."""
        fields: dict[str, str] = {}
        while line := (await self.response.content.readline()).decode():
            if line == "\n" and "data" in fields:
                return Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id", ""))
            if not line.startswith((":", "\n")):
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        return None

    async def rest(self) -> list[Event]:
        events = []
        while event := await self.next():
            events.append(event)
        return events


Open = Callable[..., AbstractAsyncContextManager[Stream]]


@pytest.fixture
def open_stream(streaming_web: Web, scout_key: str) -> Open:
    """`async with open_stream("POST", "executions/", {...}) as stream:` as scout."""

    @asynccontextmanager
    async def opened(method: str, path: str, body: Any = None, **headers: str) -> AsyncIterator[Stream]:
        sent = {"Authorization": f"Bearer {scout_key}", **headers}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
            session.request(method, f"{streaming_web.url}/api/v1/{path}", json=body, headers=sent) as response,
        ):
            yield Stream(response)

    return opened
