"""`createperson` and `changepassword`, as an operator types them."""

import getpass
import io
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def type_in(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    waiting = list(answers)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda prompt="Password: ": waiting.pop(0))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def people_of(tenant: Tenant) -> list[Person]:
    with within(tenant.id):
        return list(Person.objects.all())


def test_it_makes_a_person_with_a_piped_password(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, f"{PASSWORD}\n")
    told = run("createperson", "Carol@acme.example", "--tenant", "acme", "--role", "owner", "--name", "Carol")
    assert told == "carol@acme.example is owner of acme.\n"
    (carol,) = people_of(acme)
    assert (carol.name, carol.role, carol.is_platform_owner) == ("Carol", "owner", False)
    assert carol.check_password(PASSWORD)
    with within(acme.id):
        assert AuditEntry.objects.get(action="person.created").actor == "system:createperson"


def test_it_asks_for_a_password_twice(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD, PASSWORD)
    run("createperson", "carol@acme.example", "--tenant", "acme", "--platform-owner")
    (carol,) = people_of(acme)
    assert carol.check_password(PASSWORD)
    assert carol.is_platform_owner


def test_it_makes_nobody_when_the_two_differ(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD, "something else")
    with pytest.raises(CommandError, match=r"The two passwords differ\."):
        run("createperson", "carol@acme.example", "--tenant", "acme")
    assert people_of(acme) == []


@pytest.mark.parametrize(
    ("email", "tenant", "password", "sentence"),
    [
        ("carol@acme.example", "initech", PASSWORD, "There is no tenant `initech`"),
        ("carol", "acme", PASSWORD, "Enter a valid email address"),
        ("carol@acme.example", "acme", "short", "too short"),
        ("mallory@globex.example", "acme", PASSWORD, "There is a person with this address already"),
    ],
)
def test_it_says_why_it_makes_nobody(
    acme: Tenant,
    mallory: Person,
    monkeypatch: pytest.MonkeyPatch,
    email: str,
    tenant: str,
    password: str,
    sentence: str,
) -> None:
    pipe(monkeypatch, password)
    with pytest.raises(CommandError, match=sentence):
        run("createperson", email, "--tenant", tenant)
    assert people_of(acme) == []


def test_it_makes_a_person_who_cannot_sign_in_yet(acme: Tenant) -> None:
    run("createperson", "carol@acme.example", "--tenant", "acme", "--no-password")
    (carol,) = people_of(acme)
    assert not carol.has_usable_password()


def test_it_changes_a_password(bob: Person, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, f"{PASSWORD}\n")
    told = run("changepassword", "Bob@acme.example")
    assert told == "bob@acme.example has a new password; open sessions have ended.\n"
    (bob,) = people_of(acme)
    assert bob.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [("nobody@acme.example", PASSWORD, "There is no person"), ("bob@acme.example", "short", "too short")],
)
def test_it_says_why_it_changes_no_password(
    bob: Person, acme: Tenant, monkeypatch: pytest.MonkeyPatch, email: str, password: str, sentence: str
) -> None:
    pipe(monkeypatch, password)
    with pytest.raises(CommandError, match=sentence):
        run("changepassword", email)
    (bob,) = people_of(acme)
    assert not bob.has_usable_password()


def test_it_says_what_to_use_instead_of_djangos_superuser(acme: Tenant) -> None:
    with pytest.raises(CommandError, match="Use `createperson EMAIL"):
        run("createsuperuser")
    assert people_of(acme) == []
