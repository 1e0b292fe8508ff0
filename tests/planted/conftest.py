"""An installation whose tools carry planted credentials, and everything that can be looked through afterwards."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Person, Tenant
from accounts.tenancy import within
from accounts.trail import tend_trail
from config.log_format import LineFormatter, ObjectFormatter
from integrations.connections.grant import CallGrant
from integrations.egress import EgressRequest
from registry.execution.resolve import resolve
from registry.execution.types import Target, ToolCall
from registry.register import register_tool
from tests.browsing import Visitor
from tests.catalogue import FIND_CONTACT, manager_of
from tests.config.test_otel import Collector, collector  # noqa: F401
from tests.corridor import Corridor
from tests.integrations.egress.upstreams import Upstream, upstream
from tests.planted.echoes import ECHOES
from tests.planted.places import (
    in_files,
    in_the_database,
    in_valkey,
    listening_to_valkey,
    on_admin_pages,
    told_by_the_api,
    told_by_the_metrics,
)
from tests.planted.plants import CONNECTION, Plant
from tests.planted.seeking import Seeker
from tests.registry.live.rows import seal
from tests.registry.live.sockets import UNHURRIED, Socket
from tests.servers import Servers

Leaks = Callable[..., list[str]]

NOTHING = Plant("nothing", "", "header")
UNHINDERED: dict[str, Any] = {
    "input_schema": {
        "type": "object",
        "properties": {"account": {"type": "integer"}, "status": {"type": "string"}, "dress": {"type": "string"}},
        "additionalProperties": False,
    },
    "breaker": {"minimum_calls": 10_000},
}


@dataclass
class Planting:
    """Gives what a connection would: the next call goes out with this plant's credential."""

    base_url: str
    plant: Plant = NOTHING
    knows: bool = True
    """False: nothing is masked as known, and what is looked for has to be found."""
    breaks: bool = False

    async def grant_for(self, **_: Any) -> CallGrant:
        grant = self.plant.grant(self.base_url)
        apply = self._break if self.breaks else grant.apply
        return replace(grant, apply=apply, secrets=grant.secrets if self.knows else ())

    def _break(self, request: EgressRequest) -> EgressRequest:
        raise RuntimeError("A bug of ours, with the credential at hand.")


@pytest.fixture
def echo(settings: Settings) -> Iterator[Upstream]:
    with upstream(dict(ECHOES)) as service:
        settings.EGRESS_ALLOW_NETWORKS = [service.allowed]
        yield service


@pytest.fixture
def planting(echo: Upstream, monkeypatch: pytest.MonkeyPatch) -> Planting:
    """Until a test can connect a service in one line: then this makes a connection for each plant instead."""
    planting = Planting(echo.url())

    async def resolve_with_a_connection(call: ToolCall) -> Target:
        return replace(await resolve(call), connection_id=CONNECTION)

    monkeypatch.setattr("registry.execution.pipeline.resolve", resolve_with_a_connection)
    monkeypatch.setattr("registry.execution.credential.grant_for", planting.grant_for)
    return planting


@pytest.fixture
def tools(acme: Tenant, echo: Upstream) -> None:
    """One for each path of the service, and two that keep what they were answered."""
    query = {"status": "status", "dress": "dress"}
    specs: list[dict[str, Any]] = [
        {"slug": path.strip("/"), "definition": {"method": "POST", "url": echo.url(path), "query": query}}
        for path in ECHOES
    ]
    specs += [
        {**specs[0], "slug": "kept", "cache_seconds": 60, "read_only": True},
        {**specs[0], "slug": "large", "artifact_threshold_bytes": 1000},
        {**specs[0], "slug": "again", "retries": {"attempts": 2}, "idempotent": True},
    ]
    with within(acme.id):
        for spec in specs:
            register_tool(by=manager_of(acme), spec={**FIND_CONTACT, **UNHINDERED, **spec})


@dataclass
class Shown:
    """What was told while it happened."""

    texts: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, place: str, content: bytes) -> None:
        self.texts.append((place, content))


class LogOfAll(logging.Handler):
    """Every record at every level, as both formatters write it, and its words as they came."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(logging.DEBUG)
        self.shown = shown

    def emit(self, record: logging.LogRecord) -> None:
        written = [formatter.format(record) for formatter in (LineFormatter("%(message)s"), ObjectFormatter())]
        self.shown.add(f"log of {record.name}", "\n".join([record.getMessage(), *written]).encode())


@pytest.fixture
def shown() -> Iterator[Shown]:
    shown, root = Shown(), logging.getLogger()
    handler, level = LogOfAll(shown), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield shown
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def live(corridor: Corridor, acme: Tenant, tools: None) -> Iterator[Socket]:
    """A websocket that was open all the time."""
    seal(acme)
    socket = Socket(corridor.loop, {"Authorization": f"Bearer {corridor.key}"}, "", UNHURRIED)
    assert socket.open() is None
    yield socket
    socket.end()


@pytest.fixture
def leaks(
    shown: Shown,
    servers: Servers,
    corridor: Corridor,
    alice: Person,
    live: Socket,
    collector: Collector,  # noqa: F811
) -> Iterator[Leaks]:
    """Where something was found of a secret, once everything that was on its way has arrived."""

    def look(*more: str, pages: str = "/admin/registry/execution/") -> list[str]:
        tend_trail()
        while not live.hears_nothing():
            shown.add("websocket", str(live.hear()).encode())
        collector.spans.flush()
        for received in collector.server.received:
            shown.add("spans", received.body)
        places = [
            *shown.texts,
            *told_by_the_api(corridor, *more),
            *on_admin_pages(corridor, Visitor(alice), pages),
            *told_by_the_metrics(),
            ("said to Valkey", b"".join(said)),
            *in_the_database(servers),
            *in_valkey(),
            *in_files(servers),
        ]
        kinds = {place.partition(" ")[0] for place, content in places if content}
        assert kinds >= {"answer", "file", "log", "metrics", "page", "said", "spans", "table", "websocket"}
        return Seeker().leaks(places)

    with listening_to_valkey() as said:
        yield look
