"""Playing an example: what it is called with, and whether what went out is what the vendor published."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from integrations.connections.address import filled
from integrations.connections.auth import Held
from integrations.format.types import AuthWay, Place
from tests.integrations.connectors.credentials import held_of, variables_of, way_of
from tests.integrations.connectors.fixtures import Fixture
from tests.integrations.connectors.test_contract import BY_SLUG, FIXTURES
from tests.integrations.connectors.vendor import Vendor, body_of, query_of
from tests.upstream import Received

ABOUT: dict[str, list[Fixture]] = {"action": [], "check": [], "token": []}
for each in FIXTURES:
    ABOUT.get(each.about, ABOUT["action"]).append(each)


def examples(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fixture", ABOUT[kind], ids=str)


def checks_in_every_way() -> pytest.MarkDecorator:
    """Each check call, in each way to prove who calls that there is."""
    chosen = [replace(each, auth=way.name) for each in ABOUT["check"] for way in BY_SLUG[each.connector].auth]
    return pytest.mark.parametrize("fixture", chosen, ids=lambda each: f"{each}-{each.auth}")


def held_for(fixture: Fixture, vendor: Vendor, **more: Any) -> Held:
    connector = BY_SLUG[fixture.connector]
    variables = variables_of(connector, fixture)
    return held_of(way_of(connector, fixture), vendor.moved(filled(connector.base_url, variables)), variables, **more)


def assert_sent(fixture: Fixture, way: AuthWay, received: list[Received]) -> None:
    """What went out is what the vendor published. Headers besides those that are named are ours."""
    assert len(received) == len(fixture.exchanges)
    for exchange, one in zip(fixture.exchanges, received, strict=True):
        wanted = exchange.request
        headers = {name.lower(): value for name, value in one.headers.items()}
        assert (one.method, path_of(one)) == (wanted["method"], unquote(wanted["path"]))
        assert _without_credential(way, query_of(one)) == wanted.get("query", {})
        assert {name: headers.get(name.lower()) for name in wanted.get("headers", {})} == wanted.get("headers", {})
        assert body_of(one, wanted.get("body")) == wanted.get("body")


def _without_credential(way: AuthWay, query: dict[str, Any]) -> dict[str, Any]:
    hidden = way.placement.name if way.placement.place is Place.QUERY else None
    return {name: value for name, value in query.items() if name != hidden}


def path_of(received: Received) -> str:
    return unquote(received.path.partition("?")[0])
