from typing import Any

import pytest

from accounts.models import Tenant
from integrations.format.types import Connector
from tests.accounts.api.problems import refused_fields
from tests.doors import Answer, Api
from tests.integrations.connections.services import settled
from tests.vendors import Vendor

pytestmark = pytest.mark.django_db

ALL = {"limit": "200"}


def slugs(answer: Answer) -> list[str]:
    return [each["slug"] for each in answer.json()["results"]]


def test_it_lists_what_is_shipped_and_what_was_imported(operator_api: Api, chat: Connector) -> None:
    found = slugs(operator_api.get("connectors/", ALL))
    assert {"chat", "slack", "github", "stripe"} <= set(found)


def test_it_tells_what_a_connector_is(operator_api: Api, acme: Tenant, vendor: Vendor) -> None:
    settled(acme, vendor)
    answer = operator_api.get("connectors/", {"search": "CHAT people", "source": "yaml"})
    assert answer.json()["results"] == [
        {
            "slug": "chat",
            "name": "Chat",
            "category": "communication",
            "description": "Talks with people.",
            "docs": "",
            "source": "yaml",
            "actions": 1,
            "per_user": True,
            "connections": 1,
        }
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "slack"}, False),
        ({"category": "communication"}, True),
        ({"category": "crm"}, False),
        ({"source": "shipped"}, False),
        ({"connected": "true"}, True),
        ({"connected": "false"}, False),
    ],
)
def test_it_narrows_the_list(
    operator_api: Api, acme: Tenant, vendor: Vendor, query: dict[str, str], found: bool
) -> None:
    settled(acme, vendor)
    assert ("chat" in slugs(operator_api.get("connectors/", {**ALL, **query}))) == found


def test_it_is_read_page_by_page(operator_api: Api, chat: Connector) -> None:
    whole = slugs(operator_api.get("connectors/", ALL))
    read: list[str] = []
    address: Any = "/api/v1/connectors/?limit=5"
    while address:
        answer = operator_api.get(address.removeprefix("http://testserver")).json()
        read += [each["slug"] for each in answer["results"]]
        address = answer["next"]
    assert read == whole
    assert answer["previous"].endswith(f"cursor={(len(whole) - 1) // 5 * 5 - 5}&limit=5")


@pytest.mark.parametrize("cursor", ["9999", "-1", "x", "²"])
def test_it_refuses_a_cursor_that_is_none(operator_api: Api, cursor: str) -> None:
    assert refused_fields(operator_api.get("connectors/", {"cursor": cursor})) == ["cursor"]


def test_it_knows_its_categories(operator_api: Api) -> None:
    assert refused_fields(operator_api.get("connectors/", {"category": "shoes"})) == ["category"]


def test_it_shows_nothing_that_another_tenant_imported(spy_api: Api, chat: Connector) -> None:
    assert "chat" not in slugs(spy_api.get("connectors/", ALL))
