"""Signing in: the right password of somebody who was not shut out, in whichever tenant."""

import pytest
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from accounts.backends import PersonBackend
from accounts.middleware import PAGES
from accounts.models import AuditEntry, Person
from accounts.people import change_person
from accounts.tenancy import within
from tests.cast import CASTING

pytestmark = pytest.mark.django_db

SIGN_IN = "/admin/login/"
PASSWORD = "correct horse battery"


@pytest.fixture
def bob(bob: Person) -> Person:
    with within(bob.tenant_id):
        return change_person(person=bob, by=CASTING, changes={"password": PASSWORD})


def signed_in(person: Person) -> int:
    with within(person.tenant_id):
        return AuditEntry.objects.filter(action="person.signed_in", actor=f"person:{person.id}").count()


def test_it_knows_a_person_by_address_and_password(bob: Person) -> None:
    assert authenticate(username="Bob@acme.example", password=PASSWORD) == bob
    assert signed_in(bob) == 1


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("bob@acme.example", "wrong"),
        ("bob@acme.example", ""),
        ("bob@acme.example", None),
        ("nobody@acme.example", PASSWORD),
        (None, PASSWORD),
        ("", PASSWORD),
    ],
)
def test_it_knows_nobody_else(bob: Person, username: str | None, password: str | None) -> None:
    assert authenticate(username=username, password=password) is None
    assert signed_in(bob) == 0


def test_it_knows_nobody_who_was_shut_out(bob: Person) -> None:
    with within(bob.tenant_id):
        change_person(person=bob, by=CASTING, changes={"is_active": False})
    assert authenticate(username="bob@acme.example", password=PASSWORD) is None
    assert PersonBackend().get_user(bob.id) is None


def test_it_knows_nobody_who_has_no_password(alice: Person) -> None:
    assert authenticate(username=alice.email, password="") is None


@pytest.mark.parametrize("username", ["nobody@acme.example", "bob@acme.example"])
def test_it_works_as_hard_for_an_address_that_does_not_exist(
    bob: Person, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counting(hasher: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        hashed.append(password)
        return encode(hasher, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    assert authenticate(username=username, password="wrong") is None
    assert hashed == ["wrong"]


def test_it_signs_in_at_the_admin_site(client: Client, bob: Person) -> None:
    answer = client.post(SIGN_IN, {"username": bob.email, "password": PASSWORD, "next": PAGES})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGES)
    assert client.get(PAGES).status_code == 200
    with within(bob.tenant_id):
        bob.refresh_from_db()
    assert bob.last_login is not None


def test_it_signs_in_as_somebody_else_of_another_tenant(client: Client, bob: Person, mallory: Person) -> None:
    client.force_login(mallory)
    answer = client.post(SIGN_IN, {"username": bob.email, "password": PASSWORD, "next": PAGES})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(bob.id)


def test_it_keeps_a_wrong_password_out(client: Client, bob: Person) -> None:
    answer = client.post(SIGN_IN, {"username": bob.email, "password": "wrong"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    assert client.get(PAGES).status_code == 302


def test_it_signs_out(client: Client, bob: Person) -> None:
    client.force_login(bob)
    client.post("/admin/logout/")
    assert client.get(PAGES).status_code == 302


@pytest.mark.usefixtures("_asgi_thread")
@pytest.mark.django_db(transaction=True)
async def test_it_signs_in_asynchronously(bob: Person) -> None:
    assert await aauthenticate(username=bob.email, password=PASSWORD) == bob
