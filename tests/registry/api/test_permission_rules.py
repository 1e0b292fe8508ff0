"""`permission-rules/`."""

from typing import Any

import pytest

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import PermissionRule
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.doors import Api

pytestmark = pytest.mark.django_db

RULE = {
    "name": "No large payments",
    "effect": "deny",
    "tools": ["crm-*"],
    "conditions": [{"path": "$.amount", "op": "gt", "value": 1000}],
}


@pytest.fixture
def admin_api(acme: Tenant, api: Api) -> Api:
    return api.as_(make_key(make_agent(acme, "chief", Role.ADMIN)))


def names(answer: Any) -> list[str]:
    return [each["name"] for each in answer.json()["results"]]


def test_it_makes_shows_changes_and_removes_a_rule(admin_api: Api, scout: Agent) -> None:
    made = admin_api.post("permission-rules/", {**RULE, "agents": ["scout"], "note": "Ask Ada."})
    assert made.status_code == 201
    rule = made.json()
    assert rule["sentence"] == "Deny · agent `scout` · tools `crm-*` · when `$.amount` > `1000`"
    assert (rule["enabled"], rule["expires_at"], rule["approval"]) == (True, None, None)
    address = f"permission-rules/{rule['id']}/"
    assert admin_api.get(address).json() == rule
    changed = admin_api.patch(address, {"enabled": False, "expires_at": "2100-01-01T00:00:00Z"})
    assert (changed.status_code, changed.json()["enabled"]) == (200, False)
    assert admin_api.delete(address).status_code == 204
    assert admin_api.get(address).status_code == 404


def test_it_lists_those_that_may_match_a_tool(admin_api: Api, register: Register) -> None:
    register(permissions=["destructive"], category="crm")
    rules: dict[str, dict[str, Any]] = {
        "by slug": {"tools": ["crm-*"]},
        "by category": {"categories": ["crm"]},
        "by permission": {"permissions": ["destructive"]},
        "for all": {"effect": "ask"},
        "other": {"tools": ["erp-*"]},
        "off": {"tools": ["crm-find"], "enabled": False},
    }
    for name, facts in rules.items():
        assert admin_api.post("permission-rules/", {"name": name, "effect": "deny", **facts}).status_code == 201
    assert names(admin_api.get("permission-rules/", {"tool": "crm-find"})) == [
        "off",
        "for all",
        "by permission",
        "by category",
        "by slug",
    ]
    assert names(admin_api.get("permission-rules/", {"tool": "crm-find", "effect": "ask"})) == ["for all"]
    assert names(admin_api.get("permission-rules/", {"enabled": "false"})) == ["off"]
    assert admin_api.get("permission-rules/", {"tool": "nobody"}).json()["code"] == "tool_not_found"


def test_it_is_for_admins(api: Api, acme: Tenant) -> None:
    assert api.get("permission-rules/").status_code == 403
    assert api.post("permission-rules/", RULE).status_code == 403
    with within(acme.id):
        assert not PermissionRule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"effect": "forbid"}, "$.effect"),
        ({"tools": "crm-*"}, "$.tools"),
        ({"tools": [5]}, "$.tools[0]"),
        ({"tools": ["CRM"]}, "$.tools[0]"),
        ({"roles": ["boss"]}, "$.roles[0]"),
        ({"agents": ["nobody"]}, "$.agents[0]"),
        ({"conditions": [{"path": "$.a", "op": "matches", "value": "("}]}, "$.conditions[0].value"),
        ({"conditions": ["$.a"]}, "$.conditions[0]"),
        ({"expires_at": "2000-01-01T00:00:00Z"}, "$.expires_at"),
        ({"efect": "deny"}, "$.efect"),
        ({"created_by": "me"}, "$.created_by"),
    ],
)
def test_it_says_what_is_wrong_with_a_path(admin_api: Api, acme: Tenant, changes: dict[str, Any], path: str) -> None:
    answer = admin_api.post("permission-rules/", RULE | changes)
    assert answer.status_code == 422
    assert path in [fault["path"] for fault in answer.json()["errors"]]
    with within(acme.id):
        assert not PermissionRule.objects.exists()
