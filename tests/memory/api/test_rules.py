from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.models import NamespaceRule
from tests.cast import make_agent, make_key
from tests.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_api(acme: Tenant) -> Api:
    return Api(make_key(make_agent(acme, "chief", Role.ADMIN)))


def test_it_makes_changes_lists_and_removes_rules(admin_api: Api, scout: Any) -> None:
    made = admin_api.post("namespace-rules/", {"namespace": "crm", "access": "read", "agent": "scout"})
    assert made.status_code == 201
    rule = made.json()
    assert made["Location"] == f"/api/v1/namespace-rules/{rule['id']}/"
    assert {**rule, "id": "", "created_at": ""} == {
        "id": "",
        "namespace": "crm/",
        "agent": "scout",
        "access": "read",
        "created_at": "",
    }
    changed = admin_api.patch(f"namespace-rules/{rule['id']}/", {"access": "write"})
    assert changed.json() == {**rule, "access": "write"}
    assert admin_api.get(f"namespace-rules/{rule['id']}/").json() == changed.json()
    everywhere = admin_api.post("namespace-rules/", {"namespace": "", "access": "read"}).json()
    assert (everywhere["namespace"], everywhere["agent"]) == ("", None)
    listed = admin_api.get("namespace-rules/").json()["results"]
    assert [each["id"] for each in listed] == [everywhere["id"], rule["id"]]
    assert len(admin_api.get("namespace-rules/", {"agent": "scout"}).json()["results"]) == 1
    assert admin_api.delete(f"namespace-rules/{rule['id']}/").status_code == 204
    assert admin_api.get(f"namespace-rules/{rule['id']}/").status_code == 404


def test_it_refuses_an_agent_without_the_right(api: Api, acme: Tenant) -> None:
    assert api.post("namespace-rules/", {"namespace": "a", "access": "write"}).json()["code"] == "forbidden"
    with within(acme.id):
        assert not NamespaceRule.objects.exists()


def test_it_refuses_unknown_fields_and_values(admin_api: Api, acme: Tenant) -> None:
    answer = admin_api.post("namespace-rules/", {"namespace": "a", "access": "own", "colour": "red"})
    assert answer.status_code == 422
    assert {fault["path"] for fault in answer.json()["errors"]} >= {"$.colour"}
    with within(acme.id):
        assert not NamespaceRule.objects.exists()
