"""`people/`: invited, given a role, shut out; nobody grants more than they have, and an owner always remains."""

from typing import Any

import pytest

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Api

pytestmark = pytest.mark.django_db


def people_of(tenant: Tenant) -> dict[str, tuple[str, bool]]:
    with within(tenant.id):
        return {person.email.partition("@")[0]: (person.role, person.is_active) for person in Person.objects.all()}


def test_it_gives_somebody_a_role(steward_api: Api, acme: Tenant) -> None:
    answer = steward_api.post("people/", {"email": "Carol@Acme.example", "name": "Carol", "role": "operator"})
    assert answer.status_code == 201
    with within(acme.id):
        carol = Person.objects.get()
        entry = AuditEntry.objects.get(subject=f"person:{carol.id}")
    assert answer.json() == {
        "id": str(carol.id),
        "email": "carol@acme.example",
        "name": "Carol",
        "role": "operator",
        "is_active": True,
        "is_platform_owner": False,
        "last_login": None,
        "created_at": carol.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (entry.action, entry.detail) == ("person.created", {"role": "operator"})


def test_it_makes_a_viewer_who_cannot_sign_in_unless_told_otherwise(steward_api: Api, acme: Tenant) -> None:
    steward_api.post("people/", {"email": "carol@acme.example"})
    with within(acme.id):
        carol = Person.objects.get()
    assert (carol.role, carol.has_usable_password()) == ("viewer", False)


def test_it_sets_a_password_and_never_shows_it(steward_api: Api, acme: Tenant) -> None:
    answer = steward_api.post("people/", {"email": "carol@acme.example", "password": " correct horse battery "})
    with within(acme.id):
        carol = Person.objects.get()
    assert carol.check_password(" correct horse battery ")
    assert "password" not in answer.json()
    assert carol.password not in steward_api.get(f"people/{carol.id}/").text


@pytest.mark.parametrize("password", ["short", "password1234", "carol@acme.example", "", 12345678901, "x" * 129])
def test_it_refuses_a_weak_password(steward_api: Api, acme: Tenant, password: Any) -> None:
    answer = steward_api.post("people/", {"email": "carol@acme.example", "password": password})
    assert refused_fields(answer) == ["$.password"]
    assert people_of(acme) == {}


@pytest.mark.parametrize(
    "email", ["", "carol", "carol@", "@acme.example", "a@b", "x" * 250 + "@a.example", None, 5, []]
)
def test_it_refuses_what_is_no_address(steward_api: Api, acme: Tenant, email: Any) -> None:
    assert refused_fields(steward_api.post("people/", {"email": email})) == ["$.email"]
    assert people_of(acme) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "emperor"),
        ("role", 1),
        ("name", "x" * 201),
        ("is_active", False),
        ("is_platform_owner", True),
        ("is_superuser", True),
        ("tenant", "globex"),
    ],
)
def test_it_refuses_a_bad_field_by_name(steward_api: Api, acme: Tenant, field: str, value: Any) -> None:
    answer = steward_api.post("people/", {"email": "carol@acme.example", field: value})
    assert refused_fields(answer) == [f"$.{field}"]
    assert people_of(acme) == {}


def test_it_refuses_an_address_that_is_taken(steward_api: Api, acme: Tenant, bob: Person) -> None:
    answer = steward_api.post("people/", {"email": "BOB@acme.example", "role": "admin"})
    assert refusal(answer) == (409, "conflict", {})
    assert people_of(acme) == {"bob": ("operator", True)}


def test_it_does_not_say_whose_a_taken_address_is(steward_api: Api, mallory: Person, acme: Tenant) -> None:
    answer = steward_api.post("people/", {"email": mallory.email})
    assert refusal(answer) == (409, "conflict", {})
    assert "globex" not in answer.text
    assert people_of(acme) == {}


def test_it_grants_no_role_above_ones_own(steward_api: Api, chief_api: Api, acme: Tenant) -> None:
    assert refusal(steward_api.post("people/", {"email": "carol@acme.example", "role": "owner"}))[:2] == (
        403,
        "forbidden",
    )
    assert people_of(acme) == {}
    assert chief_api.post("people/", {"email": "carol@acme.example", "role": "owner"}).status_code == 201


def test_it_lists_the_tenants_people(steward_api: Api, alice: Person, bob: Person, mallory: Person) -> None:
    names = [person["name"] for person in steward_api.get("people/").json()["results"]]
    assert names == ["Bob", "Alice"]


def test_it_changes_a_role(steward_api: Api, acme: Tenant, bob: Person) -> None:
    answer = steward_api.patch(f"people/{bob.id}/", {"role": "viewer"})
    assert answer.json()["role"] == "viewer"
    assert people_of(acme) == {"bob": ("viewer", True)}
    with within(acme.id):
        entry = AuditEntry.objects.get(action="person.changed")
    assert entry.detail == {"fields": ["role"], "role": "viewer"}


def test_it_changes_a_password(steward_api: Api, acme: Tenant, bob: Person) -> None:
    hash_before = bob.get_session_auth_hash()
    assert refused_fields(steward_api.patch(f"people/{bob.id}/", {"password": "short"})) == ["$.password"]
    assert steward_api.patch(f"people/{bob.id}/", {"password": "correct horse battery"}).status_code == 200
    with within(acme.id):
        bob.refresh_from_db()
        assert AuditEntry.objects.get(action="person.changed").detail == {"fields": ["password"], "role": "operator"}
    assert bob.check_password("correct horse battery")
    assert bob.get_session_auth_hash() != hash_before


def test_it_notes_nothing_where_nothing_changes(steward_api: Api, acme: Tenant, bob: Person) -> None:
    assert steward_api.patch(f"people/{bob.id}/", {"role": "operator", "name": "Bob"}).status_code == 200
    with within(acme.id):
        assert not AuditEntry.objects.filter(action="person.changed").exists()


@pytest.mark.parametrize("change", [{"role": "owner"}, {"email": "x@y.example"}, {"is_platform_owner": True}])
def test_it_raises_nobody_above_oneself(steward_api: Api, acme: Tenant, bob: Person, change: dict[str, Any]) -> None:
    assert steward_api.patch(f"people/{bob.id}/", change).status_code in {403, 422}
    with within(acme.id):
        bob.refresh_from_db()
    assert (bob.role, bob.email, bob.is_platform_owner) == ("operator", "bob@acme.example", False)


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}, {"password": "correct horse battery"}])
def test_it_touches_nobody_above_oneself(steward_api: Api, acme: Tenant, alice: Person, change: dict[str, Any]) -> None:
    assert refusal(steward_api.patch(f"people/{alice.id}/", change)) == (403, "forbidden", {})
    assert people_of(acme) == {"alice": ("owner", True)}
    with within(acme.id):
        assert not AuditEntry.objects.filter(action="person.changed").exists()


@pytest.mark.parametrize("change", [{"role": "admin"}, {"is_active": False}, {"role": "viewer", "is_active": False}])
def test_it_keeps_the_last_owner(chief_api: Api, acme: Tenant, alice: Person, change: dict[str, Any]) -> None:
    assert refusal(chief_api.patch(f"people/{alice.id}/", change)) == (409, "conflict", {})
    assert people_of(acme) == {"alice": ("owner", True)}


def test_it_lets_an_owner_go_when_there_is_another(chief_api: Api, acme: Tenant, alice: Person, bob: Person) -> None:
    chief_api.patch(f"people/{bob.id}/", {"role": "owner"})
    assert chief_api.patch(f"people/{alice.id}/", {"is_active": False}).status_code == 200
    assert people_of(acme) == {"alice": ("owner", False), "bob": ("owner", True)}
    assert refusal(chief_api.patch(f"people/{bob.id}/", {"role": "viewer"})) == (409, "conflict", {})
    assert chief_api.patch(f"people/{alice.id}/", {"role": "viewer"}).status_code == 200


def test_it_shows_and_touches_nobody_of_another_tenant(spy_api: Api, acme: Tenant, bob: Person) -> None:
    assert refusal(spy_api.get(f"people/{bob.id}/")) == (404, "not_found", {})
    assert refusal(spy_api.patch(f"people/{bob.id}/", {"is_active": False})) == (404, "not_found", {})
    assert spy_api.get("people/").json()["results"] == []
    assert people_of(acme) == {"bob": ("operator", True)}


def test_it_shows_people_only_to_those_who_manage_them(api: Api, reader_api: Api, acme: Tenant, bob: Person) -> None:
    for door in (api, reader_api):
        assert refusal(door.get("people/")) == (403, "forbidden", {})
        assert refusal(door.get(f"people/{bob.id}/")) == (403, "forbidden", {})
        assert refusal(door.post("people/", {"email": "carol@acme.example"})) == (403, "forbidden", {})
        assert refusal(door.patch(f"people/{bob.id}/", {"role": "viewer"})) == (403, "forbidden", {})
    assert people_of(acme) == {"bob": ("operator", True)}
