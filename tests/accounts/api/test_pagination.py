"""Cursor pages, there and back."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from tests.cast import make_agent
from tests.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(acme: Tenant, api: Api) -> list[str]:
    """The slugs of acme's agents as the list shows them."""
    for number in range(6):
        make_agent(acme, f"agent-{number}", Role.VIEWER)
    return ["agent-5", "agent-4", "agent-3", "agent-2", "agent-1", "agent-0", "scout"]


def slugs(page: dict[str, Any]) -> list[str]:
    return [agent["slug"] for agent in page["results"]]


def test_it_leads_through_all_pages_and_back(api: Api, names: list[str]) -> None:
    first = api.get("agents/", {"limit": 3}).json()
    second = follow(api, first["next"])
    third = follow(api, second["next"])
    assert [slugs(first), slugs(second), slugs(third)] == [names[:3], names[3:6], names[6:]]
    assert (first["previous"], third["next"]) == (None, None)
    assert slugs(follow(api, third["previous"])) == names[3:6]
    assert slugs(follow(api, second["previous"])) == names[:3]


def test_it_is_not_shaken_by_what_is_new(acme: Tenant, api: Api, names: list[str]) -> None:
    first = api.get("agents/", {"limit": 3}).json()
    make_agent(acme, "newcomer", Role.VIEWER)
    assert slugs(follow(api, first["next"])) == names[3:6]


def test_it_takes_no_cursor_to_another_tenant(api: Api, spy_api: Api, names: list[str]) -> None:
    first = api.get("agents/", {"limit": 3}).json()
    assert slugs(follow(spy_api, first["next"])) == ["spy"]


def follow(api: Api, link: str) -> dict[str, Any]:
    answer = api.get(link.removeprefix("http://testserver"))
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page
