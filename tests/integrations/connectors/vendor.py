"""A vendor played by local servers: they answer with a fixture's examples, and what they were sent is held to them.

One server stands for all hosts to which a connector's credential may go, the other one for everywhere else.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.egress import aclose
from integrations.egress.targets import read_target
from integrations.format.types import Connector
from integrations.mapping import apply_mapping
from tests.integrations.connectors.fixtures import Exchange, Fixture
from tests.upstream import Received, Scripted, Upstream

_ORIGIN = re.compile(r"\Ahttps?://[^/?#]+")


class Vendor:
    def __init__(self, home: Upstream, elsewhere: Upstream) -> None:
        self.home = home
        self.elsewhere = elsewhere
        self._away: list[int] = []
        """The exchanges with other hosts, by their number."""

    @property
    def origins(self) -> frozenset[tuple[str, str, int]]:
        return frozenset({read_target(self.home.url).origin})

    def moved(self, url: str) -> str:
        """At the server that plays the connector's hosts."""
        return _ORIGIN.sub(self.home.url, url)

    def moved_definition(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Absolute URLs in a definition lead to the connector's hosts; its reader sees to it."""
        moved = dict(definition)
        if "url" in moved:
            moved["url"] = self.moved(moved["url"])
        if "steps" in moved:
            moved["steps"] = [self.moved_definition(step) for step in moved["steps"]]
        return moved

    def will_answer(self, connector: Connector, fixture: Fixture, steps: Sequence[Mapping[str, Any]] = ()) -> None:
        """With the fixture's examples; an address that one of them gives a step leads to the server that plays it."""
        answers = [answer(exchange) for exchange in fixture.exchanges]
        for number, url in enumerate(_addresses(steps, fixture)):
            is_home = urlsplit(url).hostname in (None, *connector.hosts, urlsplit(connector.base_url).hostname)
            self._away += [] if is_home else [number]
            server = self.home if is_home else self.elsewhere
            answers = [_with_address(each, url, _ORIGIN.sub(server.url, url)) for each in answers]
        self.home.will(*[each for number, each in enumerate(answers) if number not in self._away])
        self.elsewhere.will(*[answers[number] for number in self._away] or [Scripted(status=404)])

    def received(self) -> list[Received]:
        """In the order of the exchanges."""
        home, elsewhere = iter(self.home.received), iter(self.elsewhere.received)
        number = len(self.home.received) + len(self.elsewhere.received)
        return [next(elsewhere if each in self._away else home) for each in range(number)]


def answer(exchange: Exchange) -> Scripted:
    said = exchange.response
    headers = {"Content-Type": "application/json", **said.get("headers", {})}
    body = said.get("body")
    is_json = "json" in headers["Content-Type"]
    content = b"" if body is None else json.dumps(body).encode() if is_json else str(body["text"]).encode()
    return Scripted(status=said.get("status", 200), headers=headers if content else {}, body=content)


def _addresses(steps: Sequence[Mapping[str, Any]], fixture: Fixture) -> Iterator[str]:
    """Of the steps that the fixture shows, in order; empty for one that is relative to the base URL."""
    known: dict[str, Any] = dict(fixture.input)
    exchanges = iter(fixture.exchanges)
    for step in steps:
        exchange = next(exchanges, None) if apply_mapping(step.get("when", "`true`"), known) else None
        if exchange is not None:
            yield apply_mapping(step["url_from"], known) if "url_from" in step else ""
            known[step["id"]] = exchange.response.get("body")


def _with_address(scripted: Scripted, url: str, moved: str) -> Scripted:
    body = scripted.body.replace(json.dumps(url).encode(), json.dumps(moved).encode()) if url else scripted.body
    return replace(scripted, body=body)


def query_of(received: Received) -> dict[str, Any]:
    """A parameter that comes several times is a list."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(urlsplit(received.path).query, keep_blank_values=True):
        found[name] = value if name not in found else [*_listed(found[name]), value]
    return found


def body_of(received: Received, wanted: Any = None) -> Any:
    """As fixtures write it: a JSON value, `{"form": …}`, `{"multipart": …}`, `{"text": …}` or `{"base64": …}`.

    `{"graphql": …}` are the variables; the document stands in the action.
    """
    kind = received.headers.get("Content-Type", "").partition(";")[0]
    if not received.body:
        return None
    if kind == "application/json":
        is_graphql = isinstance(wanted, dict) and wanted.keys() == {"graphql"}
        return {"graphql": received.json["variables"]} if is_graphql else received.json
    if kind == "application/x-www-form-urlencoded":
        return {"form": query_of(Received("", f"?{received.body.decode()}", {}, b""))}
    if kind == "multipart/form-data":
        return {"multipart": _parts(received)}
    try:
        return {"text": received.body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(received.body).decode()}


def _parts(received: Received) -> dict[str, str]:
    head = f"Content-Type: {received.headers['Content-Type']}\r\n\r\n".encode()
    found = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + received.body).iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_param("name", header="content-disposition"))] = content.decode()
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture
async def vendor(settings: Any) -> AsyncIterator[Vendor]:
    home, elsewhere = Upstream(), Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{server.port}" for server in (home, elsewhere)]
    yield Vendor(home, elsewhere)
    await aclose()
    for server in (home, elsewhere):
        server.close()
