"""`tools/{slug}/heartbeat/` and `discover/`."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import ToolHealth
from tests.accounts.api.problems import refused_fields
from tests.catalogue import Register
from tests.doors import Api
from tests.registry.trail import share

pytestmark = pytest.mark.django_db


def slugs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return sorted(tool["slug"] for tool in answer.json()["results"])


def test_it_hears_a_heartbeat(api: Api, register: Register) -> None:
    register()
    answer = api.post("tools/crm-find/heartbeat/", {"at": "2026-01-01T00:00:00Z"})
    assert answer.json() == {
        "slug": "crm-find",
        "health": "stale",
        "last_heartbeat": "2026-01-01T00:00:00Z",
        "stale_at": "2026-01-01T00:05:00Z",
    }
    assert api.post("tools/crm-find/heartbeat/").json()["health"] == "healthy"
    assert api.post("tools/crm-find/heartbeat/", {"at": None}).json()["health"] == "healthy"
    assert api.get("tools/crm-find/").json()["last_heartbeat"] > "2026-01-01"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"at": "soon"}, "$.at"),
        ({"at": 5}, "$.at"),
        ({"at": "9999-12-31T23:59:59Z"}, "$.at"),
        ({"at": "2999-01-01T00:00:00+14:00"}, "$.at"),
        ({"when": "2026-01-01T00:00:00Z"}, "$.when"),
    ],
)
def test_it_refuses_a_heartbeat_that_is_wrong(api: Api, register: Register, body: Any, path: str) -> None:
    register()
    assert refused_fields(api.post("tools/crm-find/heartbeat/", body)) == [path]
    assert api.get("tools/crm-find/").json()["last_heartbeat"] is None


def test_it_refuses_a_heartbeat_more_than_a_minute_ahead(api: Api, register: Register) -> None:
    register()
    ahead = [(timezone.now() + timedelta(seconds=seconds)).isoformat() for seconds in (50, 70)]
    assert api.post("tools/crm-find/heartbeat/", {"at": ahead[0]}).status_code == 200
    assert refused_fields(api.post("tools/crm-find/heartbeat/", {"at": ahead[1]})) == ["$.at"]


def test_it_takes_the_earliest_of_times(api: Api, register: Register) -> None:
    register()
    assert api.post("tools/crm-find/heartbeat/", {"at": "0001-01-01T00:00:00Z"}).json()["health"] == "stale"


@pytest.fixture
def three(api: Api, acme: Tenant, register: Register) -> None:
    """`both` and `old` stamp and validate, `old` was heard of an hour ago; `one` only stamps; `off` is switched off."""
    for slug, operations in (("both", ["stamp", "validate"]), ("old", ["stamp", "validate"]), ("one", ["stamp"])):
        register(slug=slug, capabilities={"operations": operations}, stale_after_seconds=86_400)
        api.post(f"tools/{slug}/heartbeat/")
    register(slug="off", capabilities={"operations": ["stamp"]})
    with within(acme.id):
        ToolHealth.objects.filter(tool__slug="old").update(last_heartbeat=timezone.now() - timedelta(hours=1))
    api.post("tools/off/disable/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["both", "old", "one"]),
        ({"capabilities": "operations:stamp"}, ["both", "old", "one"]),
        ({"capabilities": "operations:stamp,validate"}, ["both", "old"]),
        ({"capabilities": "operations:stamp,validate", "healthy_within": "300"}, ["both"]),
        ({"healthy_within": "7200"}, ["both", "old", "one"]),
        ({"capabilities": '{"operations": ["validate"]}', "healthy_within": "300"}, ["both"]),
    ],
)
def test_it_discovers_tools(api: Api, three: None, query: dict[str, str], found: list[str]) -> None:
    assert slugs(api.get("discover/", query)) == found


def test_it_discovers_no_tool_that_is_not_well(api: Api, three: None, acme: Tenant) -> None:
    with within(acme.id):
        ToolHealth.objects.filter(tool__slug="both").update(status="failing")
        ToolHealth.objects.filter(tool__slug="one").update(stale_at=timezone.now())
    assert slugs(api.get("discover/", {"healthy_within": "300"})) == []


def test_it_discovers_nothing_of_another_tenant(spy_api: Api, three: None) -> None:
    assert slugs(spy_api.get("discover/")) == []
    share(slug="shared")
    assert slugs(spy_api.get("discover/")) == ["shared"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"healthy_within": "0"}, "healthy_within"),
        ({"healthy_within": "x"}, "healthy_within"),
        ({"healthy_within": "9" * 30}, "healthy_within"),
        ({"capabilities": "x"}, "capabilities"),
        ({"operation": "stamp"}, "operation"),
    ],
)
def test_it_refuses_parameters_that_are_wrong(api: Api, query: dict[str, str], path: str) -> None:
    assert refused_fields(api.get("discover/", query)) == [path]
