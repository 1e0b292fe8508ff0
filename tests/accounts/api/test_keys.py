"""`keys/`: issued once, rotated with an overlap, revoked at once; never to be read again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.authenticate import digest_of
from accounts.keys import issue_key
from accounts.models import Agent, ApiKey, AuditEntry
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.cast import CASTING
from tests.doors import Api

pytestmark = pytest.mark.django_db


def keys_of(agent: Agent) -> list[str]:
    with within(agent.tenant_id):
        return sorted(ApiKey.objects.filter(agent=agent).values_list("name", flat=True))


def only_key_of(agent: Agent) -> ApiKey:
    with within(agent.tenant_id):
        return ApiKey.objects.get(agent=agent)


def test_it_issues_a_key_that_opens_the_door(steward_api: Api, scout: Agent) -> None:
    answer = steward_api.post("keys/", {"agent": "scout", "name": "laptop"})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    key = only_key_of(scout)
    issued = answer.json()
    secret = issued.pop("key")
    assert issued == {
        "id": str(key.id),
        "agent": "scout",
        "name": "laptop",
        "prefix": secret[:10],
        "expires_at": None,
        "allowed_networks": [],
        "revoked_at": None,
        "last_used_at": None,
        "rotated_from": None,
        "created_at": key.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert steward_api.as_(secret).get("agents/scout/").status_code == 200


def test_it_keeps_no_more_of_a_key_than_its_digest(steward_api: Api, scout: Agent) -> None:
    secret = steward_api.post("agents/scout/keys/", {"name": "laptop"}).json()["key"]
    assert secret.startswith("qm_")
    assert len(secret) == 46
    assert bytes(only_key_of(scout).digest) == digest_of(secret)
    for path in ("keys/", "agents/scout/keys/", f"keys/{only_key_of(scout).id}/", "audit/"):
        answer = steward_api.get(path)
        assert answer.status_code == 200
        assert secret[10:] not in answer.text


def test_it_notes_who_issued_a_key(steward_api: Api, steward: Agent, scout: Agent) -> None:
    steward_api.post("agents/scout/keys/", {"name": "laptop"})
    with within(scout.tenant_id):
        entry = AuditEntry.objects.get(subject=f"key:{only_key_of(scout).id}")
    assert (entry.action, entry.actor, entry.detail) == (
        "key.issued",
        f"agent:{steward.id}",
        {"agent": str(scout.id)},
    )


def test_it_lets_an_agent_have_several_keys(steward_api: Api, scout: Agent) -> None:
    for name in ("laptop", "server"):
        assert steward_api.post("agents/scout/keys/", {"name": name}).status_code == 201
    assert keys_of(scout) == ["laptop", "server"]


def test_it_refuses_a_name_that_a_living_key_has(steward_api: Api, scout: Agent) -> None:
    first = steward_api.post("agents/scout/keys/", {"name": "laptop"}).json()
    assert refusal(steward_api.post("agents/scout/keys/", {"name": "laptop"})) == (409, "conflict", {})
    assert keys_of(scout) == ["laptop"]
    steward_api.post(f"keys/{first['id']}/revoke/")
    assert steward_api.post("agents/scout/keys/", {"name": "laptop"}).status_code == 201


def test_it_opens_until_the_key_expires(steward_api: Api, scout: Agent) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    issued = steward_api.post("agents/scout/keys/", {"name": "laptop", "expires_at": tomorrow.isoformat()}).json()
    door = steward_api.as_(issued["key"])
    assert door.get("agents/").status_code == 200
    with within(scout.tenant_id):
        ApiKey.objects.filter(id=issued["id"]).update(expires_at=timezone.now())
    assert refusal(door.get("agents/")) == (401, "key_expired", {})


@pytest.mark.parametrize(
    "expires_at",
    [
        "2001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "tomorrow",
        "",
        1_900_000_000,
        True,
    ],
)
@pytest.mark.parametrize("path", ["keys/", "agents/scout/keys/"])
def test_it_refuses_an_impossible_expiry(steward_api: Api, scout: Agent, expires_at: Any, path: str) -> None:
    body = {"name": "laptop", "expires_at": expires_at} | ({"agent": "scout"} if path == "keys/" else {})
    assert refused_fields(steward_api.post(path, body)) == ["$.expires_at"]
    assert keys_of(scout) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, None, 5, {}])
def test_it_refuses_what_is_no_name(steward_api: Api, scout: Agent, name: Any) -> None:
    assert refused_fields(steward_api.post("agents/scout/keys/", {"name": name})) == ["$.name"]
    assert keys_of(scout) == []


@pytest.mark.parametrize("agent", ["spy", "nobody"])
def test_it_issues_keys_for_the_tenants_own_agents_only(steward_api: Api, spy: Agent, agent: str) -> None:
    answer = steward_api.post("keys/", {"agent": agent, "name": "laptop"})
    assert refusal(answer) == (422, "invalid_input", {"$.agent": "There is no agent with this slug."})
    assert refusal(steward_api.post(f"agents/{agent}/keys/", {"name": "laptop"})) == (404, "not_found", {})
    assert refusal(steward_api.get(f"agents/{agent}/keys/")) == (404, "not_found", {})
    assert keys_of(spy) == []


def test_it_issues_no_key_to_a_role_above_ones_own(steward_api: Api, chief_api: Api, chief: Agent) -> None:
    """It would be the shortest way up: a key for the owner's agent."""
    before = keys_of(chief)
    assert refusal(steward_api.post("agents/chief/keys/", {"name": "ladder"})) == (403, "forbidden", {})
    assert refusal(steward_api.post(f"keys/{only_key_of(chief).id}/rotate/")) == (403, "forbidden", {})
    assert keys_of(chief) == before
    assert chief_api.get("agents/").status_code == 200


def test_it_rotates_a_key_with_an_overlap(steward_api: Api, api: Api, scout: Agent) -> None:
    old = only_key_of(scout)
    answer = steward_api.post(f"keys/{old.id}/rotate/", {"overlap_seconds": 3600})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    issued = answer.json()
    assert (issued["name"], issued["agent"], issued["rotated_from"]) == ("first", "scout", str(old.id))
    assert api.get("agents/").status_code == 200
    assert api.as_(issued["key"]).get("agents/").status_code == 200
    with within(scout.tenant_id):
        old.refresh_from_db()
        entry = AuditEntry.objects.get(action="key.rotated")
    assert old.expires_at is not None
    assert timedelta(minutes=59) < old.expires_at - timezone.now() <= timedelta(hours=1)
    assert old.name.startswith("first until ")
    assert (entry.subject, entry.detail) == (f"key:{old.id}", {"successor": issued["id"], "overlap_seconds": 3600.0})


def test_it_rotates_at_once_without_an_overlap(steward_api: Api, api: Api, scout: Agent) -> None:
    issued = steward_api.post(f"keys/{only_key_of(scout).id}/rotate/", {"overlap_seconds": 0}).json()
    assert refusal(api.get("agents/")) == (401, "key_revoked", {})
    assert api.as_(issued["key"]).get("agents/").status_code == 200


def test_it_overlaps_for_a_day_unless_told_otherwise(steward_api: Api, api: Api, scout: Agent) -> None:
    old = only_key_of(scout)
    assert steward_api.post(f"keys/{old.id}/rotate/").status_code == 201
    with within(scout.tenant_id):
        old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(days=1)


def test_it_gives_the_successor_as_long_a_life(steward_api: Api, scout: Agent) -> None:
    soon = timezone.now() + timedelta(days=30)
    old = steward_api.post("agents/scout/keys/", {"name": "x" * 100, "expires_at": soon.isoformat()}).json()
    successor = steward_api.post(f"keys/{old['id']}/rotate/", {"overlap_seconds": 60}).json()
    assert successor["name"] == "x" * 100
    assert successor["expires_at"] > old["expires_at"]


def test_it_does_not_lengthen_an_old_key_by_rotating_it(steward_api: Api, scout: Agent) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    old = steward_api.post("agents/scout/keys/", {"name": "laptop", "expires_at": soon.isoformat()}).json()
    steward_api.post(f"keys/{old['id']}/rotate/", {"overlap_seconds": 3600})
    with within(scout.tenant_id):
        assert ApiKey.objects.get(id=old["id"]).expires_at == soon


@pytest.mark.parametrize(
    "seconds", [-1, 30 * 24 * 3600 + 1, pytest.param(10**4000, id="4001 digits"), "60", 1.5, None, True]
)
def test_it_refuses_an_impossible_overlap(steward_api: Api, api: Api, scout: Agent, seconds: Any) -> None:
    answer = steward_api.post(f"keys/{only_key_of(scout).id}/rotate/", {"overlap_seconds": seconds})
    assert refused_fields(answer) == ["$.overlap_seconds"]
    assert keys_of(scout) == ["first"]


def test_it_closes_a_revoked_key_from_the_next_call_on(steward_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    answer = steward_api.post(f"keys/{key.id}/revoke/")
    assert answer.status_code == 200
    assert answer.json()["revoked_at"] is not None
    assert refusal(api.get("agents/")) == (401, "key_revoked", {})
    with within(scout.tenant_id):
        assert AuditEntry.objects.get(action="key.revoked").detail == {"agent": str(scout.id)}


def test_it_revokes_once(steward_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    first = steward_api.post(f"keys/{key.id}/revoke/").json()
    assert steward_api.post(f"keys/{key.id}/revoke/").json() == first
    with within(scout.tenant_id):
        assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_it_lets_whoever_manages_keys_revoke_a_leaked_one(steward_api: Api, chief_api: Api, chief: Agent) -> None:
    assert steward_api.post(f"keys/{only_key_of(chief).id}/revoke/").status_code == 200
    assert refusal(chief_api.get("agents/")) == (401, "key_revoked", {})


def test_it_does_not_rotate_a_key_that_works_no_more(steward_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    steward_api.post(f"keys/{key.id}/revoke/")
    assert refusal(steward_api.post(f"keys/{key.id}/rotate/")) == (409, "conflict", {})
    with within(scout.tenant_id):
        ApiKey.objects.filter(id=key.id).update(revoked_at=None, expires_at=timezone.now())
    assert refusal(steward_api.post(f"keys/{key.id}/rotate/")) == (409, "conflict", {})
    assert keys_of(scout) == ["first"]


def test_it_takes_no_body_where_none_is_needed(steward_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    assert refused_fields(steward_api.post(f"keys/{key.id}/revoke/", {"at": "tomorrow"})) == ["$.at"]
    assert api.get("agents/").status_code == 200


def test_it_lists_an_agents_keys(steward_api: Api, api: Api, scout: Agent, spy_api: Api) -> None:
    names = [(key["agent"], key["name"]) for key in steward_api.get("keys/").json()["results"]]
    assert sorted(names) == [("scout", "first"), ("steward", "first")]
    for answer in (steward_api.get("keys/", {"agent": "scout"}), steward_api.get("agents/scout/keys/")):
        assert [key["agent"] for key in answer.json()["results"]] == ["scout"]
    assert steward_api.get("keys/", {"agent": "spy"}).json()["results"] == []


def test_it_says_when_a_key_was_last_used(steward_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    assert steward_api.get(f"keys/{key.id}/").json()["last_used_at"] is None
    api.get("agents/")
    first_use = only_key_of(scout).last_used_at
    assert first_use is not None
    api.get("agents/")
    assert only_key_of(scout).last_used_at == first_use
    with within(scout.tenant_id):
        ApiKey.objects.filter(id=key.id).update(last_used_at=first_use - timedelta(minutes=2))
    api.get("agents/")
    assert (only_key_of(scout).last_used_at or first_use) > first_use - timedelta(minutes=1)


def test_it_shows_and_touches_no_key_of_another_tenant(spy_api: Api, api: Api, scout: Agent) -> None:
    key = only_key_of(scout)
    assert refusal(spy_api.get(f"keys/{key.id}/")) == (404, "not_found", {})
    assert refusal(spy_api.post(f"keys/{key.id}/revoke/")) == (404, "not_found", {})
    assert refusal(spy_api.post(f"keys/{key.id}/rotate/")) == (404, "not_found", {})
    assert [found["agent"] for found in spy_api.get("keys/").json()["results"]] == ["spy"]
    assert api.get("agents/").status_code == 200


@pytest.mark.parametrize("key_id", ["0199d3a1-0000-7000-8000-000000000001", "7", "not-a-uuid", "%00", "x" * 2000])
def test_it_knows_no_other_keys(steward_api: Api, key_id: str) -> None:
    assert refusal(steward_api.get(f"keys/{key_id}/")) == (404, "not_found", {})
    assert refusal(steward_api.post(f"keys/{key_id}/revoke/")) == (404, "not_found", {})


def test_it_shows_keys_only_to_those_who_manage_them(api: Api, reader_api: Api, scout: Agent) -> None:
    for door in (api, reader_api):
        assert refusal(door.get("keys/")) == (403, "forbidden", {})
        assert refusal(door.get("agents/scout/keys/")) == (403, "forbidden", {})
        assert refusal(door.post("agents/scout/keys/", {"name": "laptop"})) == (403, "forbidden", {})
        assert refusal(door.post(f"keys/{only_key_of(scout).id}/revoke/")) == (403, "forbidden", {})
    assert keys_of(scout) == ["first"]


def test_it_shows_no_key_where_things_are_printed(scout: Agent) -> None:
    with within(scout.tenant_id):
        issued = issue_key(agent=scout, name="laptop", by=CASTING)
    assert (repr(issued), str(issued.key)) == (f"IssuedKey({issued.secret[:10]}…)", f"laptop ({issued.secret[:10]}…)")
    assert issued.secret not in repr(issued.key.__dict__)


def test_it_says_where_a_key_may_be_used(steward_api: Api, scout: Agent) -> None:
    issued = steward_api.post("keys/", {"agent": "scout", "name": "office", "allowed_networks": ["203.0.113.0/24"]})
    assert issued.status_code == 201
    assert issued.json()["allowed_networks"] == ["203.0.113.0/24"]
    key, address = issued.json()["key"], f"keys/{issued.json()['id']}/"
    assert steward_api.as_(key).get("tools/").status_code == 403
    changed = steward_api.patch(address, {"allowed_networks": ["127.0.0.1"]})
    assert (changed.status_code, changed.json()["allowed_networks"]) == (200, ["127.0.0.1"])
    assert steward_api.as_(key).get("tools/").status_code == 200
    with within(scout.tenant_id):
        entry = AuditEntry.objects.get(action="key.changed")
    assert entry.detail == {"agent": str(scout.id), "fields": ["allowed_networks"]}


def test_it_passes_on_where_a_rotated_key_may_be_used(steward_api: Api, scout: Agent) -> None:
    issued = steward_api.post("keys/", {"agent": "scout", "name": "office", "allowed_networks": ["127.0.0.1"]}).json()
    rotated = steward_api.post(f"keys/{issued['id']}/rotate/", {}).json()
    assert rotated["allowed_networks"] == ["127.0.0.1"]


def test_it_lets_no_key_shut_itself_out(steward_api: Api, steward: Agent) -> None:
    own = only_key_of(steward)
    answer = steward_api.patch(f"keys/{own.id}/", {"allowed_networks": ["203.0.113.0/24"]})
    assert refused_fields(answer) == ["$.allowed_networks"]
    assert only_key_of(steward).allowed_networks == []
    assert steward_api.patch(f"keys/{own.id}/", {"allowed_networks": ["127.0.0.0/8"]}).status_code == 200


@pytest.mark.parametrize("networks", [["here"], "127.0.0.1", [5]])
def test_it_refuses_what_is_no_network(steward_api: Api, api: Api, scout: Agent, networks: Any) -> None:
    address = f"keys/{only_key_of(scout).id}/"
    assert steward_api.patch(address, {"allowed_networks": networks}).status_code == 422
    answer = steward_api.post("keys/", {"agent": "scout", "name": "office", "allowed_networks": networks})
    assert answer.status_code == 422
    assert only_key_of(scout).allowed_networks == []


def test_it_changes_no_key_of_a_role_above_ones_own(steward_api: Api, chief_api: Api, chief: Agent) -> None:
    answer = steward_api.patch(f"keys/{only_key_of(chief).id}/", {"allowed_networks": ["10.0.0.0/8"]})
    assert answer.status_code == 403
    assert only_key_of(chief).allowed_networks == []


def test_it_changes_nothing_when_nothing_differs(steward_api: Api, api: Api, scout: Agent) -> None:
    assert steward_api.patch(f"keys/{only_key_of(scout).id}/", {}).status_code == 200
    with within(scout.tenant_id):
        assert not AuditEntry.objects.filter(action="key.changed").exists()
