"""`tenant/`: one's own."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.accounts.api.problems import refused_fields
from tests.cast import make_agent, make_key
from tests.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_api(acme: Tenant, api: Api) -> Api:
    return api.as_(make_key(make_agent(acme, "chief", Role.ADMIN)))


def stored(tenant: Tenant) -> Tenant:
    with within(tenant.id):
        return Tenant.objects.get()


def test_it_shows_ones_own_tenant(acme: Tenant, globex: Tenant, api: Api) -> None:
    shown = api.get("tenant/").json()
    assert (shown["id"], shown["slug"], shown["allowed_networks"]) == (str(acme.id), "acme", [])
    assert (shown["default_decision"], shown["destructive_decision"]) == ("allow", "deny")
    assert shown["rate_limit"] is None


def test_it_changes_ones_own_tenant(acme: Tenant, globex: Tenant, admin_api: Api) -> None:
    changes = {
        "name": "Acme Ltd",
        "default_decision": "deny",
        "destructive_decision": "ask",
        "allowed_networks": ["127.0.0.0/8"],
        "approval_expires_seconds": 120,
    }
    answer = admin_api.patch("tenant/", changes)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in changes} == changes
    assert {name: getattr(stored(acme), name) for name in changes} == changes
    assert stored(globex).allowed_networks == []


def test_it_lets_nobody_shut_themselves_out(acme: Tenant, admin_api: Api) -> None:
    answer = admin_api.patch("tenant/", {"allowed_networks": ["203.0.113.0/24"]})
    assert refused_fields(answer) == ["$.allowed_networks"]
    assert "Your own address 127.0.0.1 is not in these networks" in answer.json()["errors"][0]["message"]
    assert stored(acme).allowed_networks == []


def test_it_is_for_admins(acme: Tenant, api: Api) -> None:
    assert api.patch("tenant/", {"default_decision": "deny"}).status_code == 403
    assert stored(acme).default_decision == "allow"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"slug": "other"}, "$.slug"),
        ({"rate_limit": None}, "$.rate_limit"),
        ({"default_decision": "forbid"}, "$.default_decision"),
        ({"allowed_networks": "127.0.0.0/8"}, "$.allowed_networks"),
        ({"allowed_networks": ["127.0.0.0/8", "here"]}, "$.allowed_networks[1]"),
        ({"allowed_networks": [127]}, "$.allowed_networks[0]"),
        ({"approval_expires_seconds": 0}, "$.approval_expires_seconds"),
    ],
)
def test_it_says_what_is_wrong(acme: Tenant, admin_api: Api, changes: dict[str, Any], path: str) -> None:
    assert refused_fields(admin_api.patch("tenant/", changes)) == [path]
    assert (stored(acme).default_decision, stored(acme).allowed_networks) == ("allow", [])
