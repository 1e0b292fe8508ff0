"""Rules for namespaces in the browser."""

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from memory.models import Access, NamespaceRule
from tests.browsing import Browse, address_of, list_of
from tests.memory.remembering import rule

pytestmark = pytest.mark.django_db

LIST = list_of(NamespaceRule)
ADD = f"{LIST}add/"


def rules(tenant: Tenant) -> list[tuple[str, str, str | None]]:
    with within(tenant.id):
        rows = NamespaceRule.objects.values_list("namespace", "access", "agent__slug")
        return list(rows)


def test_it_says_who_may_what_where(browse: Browse, alice: Person, acme: Tenant, scout: Agent) -> None:
    rule(acme, "", Access.READ)
    rule(acme, "secret/", Access.NONE, scout)
    page = browse(alice).page(LIST)
    for shown in ("secret/", "scout", "Neither read nor write", "every agent", ">Read<"):
        assert shown in page
    assert "secret/" not in browse(alice).page(LIST, {"access": "read"})


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"namespace": "secret", "agent": "scout", "access": "none"}, ("secret/", "none", "scout")),
        ({"namespace": "", "agent": "", "access": "read"}, ("", "read", None)),
    ],
)
def test_it_is_made(
    browse: Browse,
    alice: Person,
    acme: Tenant,
    scout: Agent,
    fields: dict[str, str],
    made: tuple[str, str, str | None],
) -> None:
    assert "It counts from the next request on." in browse(alice).done(ADD, fields)
    assert rules(acme) == [made]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"namespace": "a//b"}, "Give parts with a slash between them"),
        ({"agent": "nobody"}, "Select a valid choice."),
        ({"namespace": "there"}, "There is a rule for this namespace and agent already."),
    ],
)
def test_a_refusal_is_told_and_nothing_is_made(
    browse: Browse, alice: Person, acme: Tenant, fields: dict[str, str], said: str
) -> None:
    rule(acme, "there/", Access.READ)
    assert said in browse(alice).refused(ADD, {"namespace": "x", "agent": "", "access": "none", **fields})
    assert rules(acme) == [("there/", "read", None)]


def test_what_it_grants_is_changed(browse: Browse, alice: Person, acme: Tenant) -> None:
    row = rule(acme, "a/", Access.READ)
    assert "selected>Read<" in browse(alice).page(address_of(row, "edit"))
    assert "The rule is changed." in browse(alice).done(address_of(row, "edit"), {"access": "write"})
    assert rules(acme) == [("a/", "write", None)]


def test_it_is_removed(browse: Browse, alice: Person, acme: Tenant) -> None:
    row = rule(acme, "a/", Access.READ)
    assert "The rule is removed." in browse(alice).done(address_of(row, "remove"))
    assert rules(acme) == []


@pytest.mark.parametrize("page", ["change", "edit", "remove"])
def test_anothers_is_not_there(browse: Browse, mallory: Person, acme: Tenant, page: str) -> None:
    row = rule(acme, "a/", Access.READ)
    assert browse(mallory).get(address_of(row, page)).status_code == 404
    assert browse(mallory).post(address_of(row, page), {"access": "write"}).status_code == 404
    assert rules(acme) == [("a/", "read", None)]


def test_only_who_looks_after_agents_may_see_and_change_them(browse: Browse, bob: Person, acme: Tenant) -> None:
    row = rule(acme, "a/", Access.READ)
    for address in (LIST, ADD, address_of(row), address_of(row, "edit")):
        assert browse(bob).get(address).status_code == 403
    assert browse(bob).post(address_of(row, "remove")).status_code == 403
    assert rules(acme) == [("a/", "read", None)]
