from typing import Any

import pytest

from accounts.models import Tenant
from accounts.offload import give_connection_back
from accounts.tenancy import within
from integrations.format.types import Connector
from integrations.models import Connection, Credential
from tests.accounts.api.problems import refusal, refused_fields
from tests.config.test_handlers import lent
from tests.doors import Answer, Api
from tests.integrations.connections.services import imported, machine
from tests.vendors import API_KEY, CLIENT_ID, CLIENT_SECRET, Vendor
from tests.vendors import Answer as Said

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = "key-of-mallory-123"
ENTERED: dict[str, Any] = {"connector": "chat", "auth": "key", "values": {"key": API_KEY}}


def connected(api: Api, **more: Any) -> dict[str, Any]:
    answer = api.post("connections/", {**ENTERED, **more})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def saved(tenant: Tenant) -> list[tuple[str, str]]:
    with within(tenant.id):
        assert Credential.objects.count() >= Connection.objects.living().count()
        return list(Connection.objects.values_list("slug", "state"))


def slugs(answer: Answer) -> list[str]:
    return [each["slug"] for each in answer.json()["results"]]


# --- Connecting ---


def test_it_connects_with_what_is_entered(steward_api: Api, chat: Connector) -> None:
    made = connected(steward_api, name="Our chat", is_default=True)
    assert steward_api.get("connections/chat/").json() == made
    assert made["checked_at"] is not None
    told = {name: made[name] for name in ("slug", "name", "connector", "auth", "end_user", "account", "state")}
    assert told == {
        "slug": "chat",
        "name": "Our chat",
        "connector": "chat",
        "auth": "key",
        "end_user": "",
        "account": "Acme Inc. at Acme",
        "state": "active",
    }
    assert (made["is_default"], made["reason"], made["take_back_until"]) == (True, "", None)


def test_it_refuses_a_wrong_credential_in_the_vendors_words(steward_api: Api, chat: Connector, acme: Tenant) -> None:
    answer = steward_api.post("connections/", {**ENTERED, "values": {"key": WRONG}})
    assert refusal(answer) == (422, "credential_refused", {})
    assert "Chat does not take this credential. It says: “No such credential: [redacted:secret]”" in answer.text
    assert WRONG not in answer.text
    assert saved(acme) == []


def test_it_saves_nothing_when_nobody_answers(steward_api: Api, chat: Connector, vendor: Vendor, acme: Tenant) -> None:
    vendor.check = Said(503, {"message": "closed"})
    assert refusal(steward_api.post("connections/", ENTERED))[:2] == (502, "upstream_error")
    assert saved(acme) == []


def test_it_asks_nobody_when_told_so(steward_api: Api, chat: Connector, vendor: Vendor) -> None:
    made = connected(steward_api, values={"key": WRONG}, check=False)
    assert (made["state"], made["checked_at"]) == ("active", None)
    assert vendor.received == []


def test_it_holds_no_database_connection_meanwhile(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    imported(acme, vendor, auth={"machine": machine(vendor)})
    give_connection_back()  # the test's own
    without, held = lent(), list[int]()
    vendor.before_token = lambda: held.append(lent())
    values = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert connected(steward_api, auth="machine", values=values)["state"] == "active"
    assert held == [without]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"connector": "nowhere"}, ["$.connector"]),
        ({"values": {"key": 5}}, ["$.values.key"]),
        ({"values": {}}, ["$.values"]),
        ({"values": {"key": API_KEY, "shoe": "left"}}, ["$.values.shoe"]),
        ({"values": "key"}, ["$.values"]),
        ({"variables": {"region": "eu"}}, ["$.variables.region"]),
        ({"slug": "No Slug"}, ["$.slug"]),
        ({"secret": "x"}, ["$.secret"]),
        ({"check": "yes"}, ["$.check"]),
        ({"end_user": "ada", "is_default": True}, ["$.is_default"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_it_names_what_is_wrong(
    steward_api: Api, chat: Connector, acme: Tenant, changes: dict[str, Any], fields: list[str]
) -> None:
    assert refused_fields(steward_api.post("connections/", {**ENTERED, **changes})) == fields
    assert saved(acme) == []


def test_it_knows_no_other_ways(steward_api: Api, chat: Connector, acme: Tenant) -> None:
    answer = steward_api.post("connections/", {**ENTERED, "auth": "oauth"})
    assert refusal(answer) == (404, "not_found", {})
    assert saved(acme) == []


def test_it_refuses_a_slug_that_is_taken(steward_api: Api, chat: Connector, acme: Tenant) -> None:
    connected(steward_api, slug="main")
    assert refusal(steward_api.post("connections/", {**ENTERED, "slug": "main"}))[:2] == (409, "conflict")
    assert saved(acme) == [("main", "active")]


def test_it_needs_the_right_to_credentials(operator_api: Api, chat: Connector, acme: Tenant, vendor: Vendor) -> None:
    assert refusal(operator_api.post("connections/", ENTERED))[:2] == (403, "forbidden")
    assert saved(acme) == []
    assert vendor.received == []


# --- Looking ---


def test_it_lists_those_that_are_asked_for(steward_api: Api, operator_api: Api, chat: Connector) -> None:
    connected(steward_api, slug="main")
    connected(steward_api, slug="adas", end_user="ada")
    connected(steward_api, slug="gone")
    steward_api.delete("connections/gone/")
    assert slugs(operator_api.get("connections/")) == ["adas", "main"]
    assert slugs(operator_api.get("connections/", {"end_user": ""})) == ["main"]
    assert slugs(operator_api.get("connections/", {"end_user": "ada"})) == ["adas"]
    assert slugs(operator_api.get("connections/", {"state": "disconnected"})) == ["gone"]
    assert slugs(operator_api.get("connections/", {"connector": "slack"})) == []


def test_it_reads_no_more_for_many(steward_api: Api, chat: Connector, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        connected(steward_api, slug=f"c-{number}")
    with django_assert_max_num_queries(12):
        assert len(slugs(steward_api.get("connections/"))) == 3


def test_it_shows_no_secret_anywhere(steward_api: Api, chat: Connector) -> None:
    connected(steward_api)
    steward_api.post("connections/chat/rotate/", {"values": {"key": "key-of-next-year-9"}, "check": False})
    for path in ("connections/", "connections/chat/", "connections/chat/uses/", "connectors/chat/", "audit/"):
        answer = steward_api.get(path)
        assert answer.status_code == 200
        assert not [secret for secret in (API_KEY, "key-of-next-year-9") if secret in answer.text], path


def test_it_finds_nothing_of_another_tenant(steward_api: Api, chat: Connector, spy_api: Api) -> None:
    connected(steward_api)
    assert slugs(spy_api.get("connections/")) == []
    for method, path in (("get", ""), ("delete", ""), ("post", "check/"), ("post", "take-back/")):
        assert refusal(getattr(spy_api, method)(f"connections/chat/{path}"))[:2] == (404, "not_found")
    assert steward_api.get("connections/chat/").json()["state"] == "active"


# --- Acting ---


def test_it_changes_what_a_connection_is_called(steward_api: Api, chat: Connector) -> None:
    connected(steward_api)
    changed = steward_api.patch("connections/chat/", {"name": "Renamed", "is_default": True}).json()
    assert (changed["name"], changed["is_default"]) == ("Renamed", True)
    assert refused_fields(steward_api.patch("connections/chat/", {"slug": "other"})) == ["$.slug"]


def test_it_says_what_a_check_found(steward_api: Api, chat: Connector, vendor: Vendor) -> None:
    connected(steward_api)
    assert steward_api.post("connections/chat/check/").json()["state"] == "active"
    vendor.check = Said(401, {"message": "Key withdrawn"})
    checked = steward_api.post("connections/chat/check/").json()
    assert (checked["state"], "Key withdrawn" in checked["reason"]) == ("expired", True)


def test_it_rotates_and_takes_back(steward_api: Api, chat: Connector) -> None:
    connected(steward_api, values={"key": WRONG}, check=False)
    rotated = steward_api.post("connections/chat/rotate/", {"values": {"key": API_KEY}}).json()
    assert rotated["take_back_until"] is not None
    back = steward_api.post("connections/chat/take-back/").json()
    assert back["take_back_until"] is None
    assert refusal(steward_api.post("connections/chat/take-back/"))[:2] == (409, "conflict")


def test_it_keeps_the_old_credential_when_the_new_one_is_refused(steward_api: Api, chat: Connector) -> None:
    connected(steward_api)
    answer = steward_api.post("connections/chat/rotate/", {"values": {"key": WRONG}})
    assert (refusal(answer)[1], WRONG in answer.text) == ("credential_refused", False)
    assert steward_api.get("connections/chat/").json()["take_back_until"] is None


def test_it_disconnects_and_says_what_the_vendor_did(steward_api: Api, chat: Connector, acme: Tenant) -> None:
    connected(steward_api)
    gone = steward_api.delete("connections/chat/").json()
    assert gone["state"] == "disconnected"
    assert gone["reason"].startswith("Disconnected. What it was made with stays valid at the vendor")
    assert refusal(steward_api.get("connections/chat/"))[0] == 404
    with within(acme.id):
        assert not Credential.objects.exists()


@pytest.mark.parametrize("act", ["check/", "rotate/", "take-back/", "reconnect/"])
def test_it_acts_only_for_those_who_may(operator_api: Api, steward_api: Api, chat: Connector, act: str) -> None:
    connected(steward_api)
    before = steward_api.get("connections/chat/").json()
    assert refusal(operator_api.post(f"connections/chat/{act}", {}))[:2] == (403, "forbidden")
    assert steward_api.get("connections/chat/").json() == before
