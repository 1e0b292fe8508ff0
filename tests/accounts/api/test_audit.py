"""`audit/`: the tenant's trail, newest first or in the order of its chain."""

from typing import Any

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.accounts.trails import seal_all, write
from tests.doors import Api

pytestmark = pytest.mark.django_db


def actions(answer: Any) -> list[str]:
    return [entry["action"] for entry in answer.json()["results"]]


def test_it_shows_what_happened_newest_first(steward_api: Api, acme: Tenant) -> None:
    write(acme.id, "tool.registered", "tool.changed")
    assert actions(steward_api.get("audit/"))[:3] == ["tool.changed", "tool.registered", "key.issued"]


def test_it_shows_an_entry_and_its_seal(steward_api: Api, acme: Tenant) -> None:
    seal_all(acme.id)
    with within(acme.id):
        entry = AuditEntry.objects.get(sequence=1)
    shown = steward_api.get("audit/").json()["results"][-1]
    assert shown == {
        "id": str(entry.id),
        "sequence": 1,
        "seal": bytes(entry.seal or b"").hex(),
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "actor": "system:tests",
        "action": "tenant.created",
        "subject": f"tenant:{acme.id}",
        "detail": {},
    }


def test_it_says_what_is_not_sealed_yet(steward_api: Api) -> None:
    newest = steward_api.get("audit/").json()["results"][0]
    assert (newest["sequence"], newest["seal"]) == (None, None)


def test_it_is_followed_in_the_order_of_the_chain(steward_api: Api, acme: Tenant) -> None:
    write(acme.id, "tool.registered", "tool.changed")
    seal_all(acme.id)
    write(acme.id, "tool.retired")
    assert actions(steward_api.get("audit/", {"after": 3})) == ["tool.registered", "tool.changed"]
    assert actions(steward_api.get("audit/", {"after": 2**63 - 1})) == []
    page = steward_api.get("audit/", {"after": 0, "limit": 3}).json()
    assert [entry["sequence"] for entry in page["results"]] == [1, 2, 3]
    rest = steward_api.get(page["next"].removeprefix("http://testserver"))
    assert [entry["sequence"] for entry in rest.json()["results"]] == [4, 5]


def test_it_is_filtered_by_what_who_and_which(steward_api: Api, acme: Tenant) -> None:
    write(acme.id, "tool.registered", "tool.changed")
    assert actions(steward_api.get("audit/", {"action": "tool.changed"})) == ["tool.changed"]
    assert actions(steward_api.get("audit/", {"subject": f"tenant:{acme.id}"})) == ["tenant.created"]
    assert actions(steward_api.get("audit/", {"actor": "agent:nobody"})) == []
    assert actions(steward_api.get("audit/", {"actor": "system:tests", "action": "tool.changed", "after": 0})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", str(2**63)),
        ("after", "9" * 5000),
        ("after", "first"),
        ("action", "x" * 65),
        ("subject", "a\x00b"),
        ("actor", ""),
        ("colour", "red"),
        ("limit", "0"),
    ],
)
def test_it_refuses_a_bad_parameter_by_name(steward_api: Api, name: str, value: str) -> None:
    assert refused_fields(steward_api.get("audit/", {name: value})) == [name]


def test_it_shows_nothing_of_another_tenant_or_the_platform(spy_api: Api, acme: Tenant) -> None:
    write(acme.id, "tool.registered")
    write(None, "tool.registered")
    assert "tool.registered" not in actions(spy_api.get("audit/"))
    assert actions(spy_api.get("audit/", {"subject": f"tenant:{acme.id}"})) == []


def test_it_is_shown_only_to_those_who_manage_people(api: Api, reader_api: Api) -> None:
    assert refusal(api.get("audit/")) == (403, "forbidden", {})
    assert refusal(reader_api.get("audit/")) == (403, "forbidden", {})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_cannot_be_written(steward_api: Api, method: str) -> None:
    answer = steward_api.client.generic(
        method, "/api/v1/audit/", b"{}", "application/json", headers={"Authorization": f"Bearer {steward_api.key}"}
    )
    assert refusal(answer) == (405, "method_not_allowed", {})
    assert answer["Allow"] == "GET"
