"""Redaction policies on the wire, and what they do to the next call."""

import json
from typing import Any

import pytest

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.doors import Api
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(acme: Tenant, api: Api) -> Api:
    """The agent's, which is an admin now."""
    with within(acme.id):
        Agent.objects.update(role=Role.ADMIN)
    return api


def put(api: Api, path: str, policy: Any) -> Any:
    return api.put(path, {"policy": policy})


def test_it_shows_the_defaults(api: Api) -> None:
    shown = api.get("redaction/").json()
    assert shown["policy"] == {}
    assert set(shown["answers"]["stored"].values()) == {"mask"}
    assert set(shown["answers"]["returned"].values()) == {"keep"}


def test_it_changes_the_tenants_policy_and_says_so(acme: Tenant, admin: Api) -> None:
    with within(acme.id):
        acme.refresh_from_db()
    generation = acme.generation
    policy = {"stored": {"email": "hash"}}
    assert put(admin, "redaction/", policy).json()["answers"]["stored"]["email"] == "hash"
    assert put(admin, "redaction/", policy).status_code == 200
    with within(acme.id):
        acme.refresh_from_db()
        [entry] = AuditEntry.objects.filter(action="tenant.changed")
    assert (acme.redaction, acme.generation) == (policy, generation + 1)
    assert entry.detail == {"fields": ["redaction"], "redaction": policy}


def test_it_lets_no_operator_change_the_tenants_policy(acme: Tenant, api: Api) -> None:
    assert put(api, "redaction/", {"stored": {"email": "keep"}}).status_code == 403
    with within(acme.id):
        acme.refresh_from_db()
    assert acme.redaction == {}


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ({"shown": {}}, "$.shown"),
        ({"stored": "mask"}, "$.stored"),
        ({"stored": {"emails": "mask"}}, "$.stored.emails"),
        ({"returned": {"email": "remove"}}, "$.returned.email"),
        ({"stored": {"secrets": "keep"}}, "$.stored.secrets"),
        ({"stored": {"fields": "keep"}}, "$.stored.fields"),
        (["mask"], "$"),
    ],
)
def test_it_refuses_a_policy_by_path_and_sentence(acme: Tenant, admin: Api, policy: Any, path: str) -> None:
    answer = put(admin, "redaction/", policy)
    assert (answer.status_code, [fault["path"] for fault in answer.json()["errors"]]) == (422, [path])
    with within(acme.id):
        acme.refresh_from_db()
    assert acme.redaction == {}


def test_it_lays_a_tools_policy_over_the_tenants(acme: Tenant, admin: Api, register: Register) -> None:
    register()
    put(admin, "redaction/", {"stored": {"email": "hash", "ip": "keep"}})
    shown = put(admin, "tools/crm-find/redaction/", {"stored": {"email": "drop"}}).json()
    assert shown["policy"] == {"stored": {"email": "drop"}}
    assert [shown["answers"]["stored"][kind] for kind in ("email", "ip", "card")] == ["drop", "keep", "mask"]
    assert admin.get("tools/crm-find/redaction/").json() == shown
    assert admin.get("tools/crm-find/").json()["redaction"] == shown["policy"]
    wrong = put(admin, "tools/crm-find/redaction/", {"stored": {"secrets": "keep"}})
    assert wrong.json()["errors"][0]["path"] == "$.redaction.stored.secrets"


def test_it_holds_from_the_next_call_on(
    acme: Tenant, admin: Api, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True)
    body = json.dumps({"email": "ada@example.com", "card": "4111 1111 1111 1111"}).encode()
    upstream.will(*[Scripted(body=body)] * 3)
    first = corridor.call("crm-find", {"account": 7})
    assert first.output == {"email": "ada@example.com", "card": "4111 1111 1111 1111"}
    assert stored(acme, first).output == {"email": "[redacted:email]", "card": "[redacted:card]"}
    put(admin, "redaction/", {"stored": {"email": "hash"}, "returned": {"card": "drop"}})
    second, third = (corridor.call("crm-find", {"account": 7}) for _ in range(2))
    assert second.output == {"email": "ada@example.com"}
    rows = [stored(acme, each) for each in (second, third)]
    hashed = [row.output["email"] for row in rows if row.output]
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]
    assert hashed[0].startswith("[hashed:email:")
