import pytest

from accounts.models import Person
from accounts.tenancy import within
from tests.browser.conftest import OpenTab

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def known_alice(alice: Person) -> Person:
    with within(alice.tenant_id):
        alice.set_password("long enough, alice")
        alice.save()
    return alice


def test_it_signs_in_and_out(open_tab: OpenTab, known_alice: Person) -> None:
    tab = open_tab()
    tab.open("/admin/accounts/agent/")
    tab.fill("E-mail", "alice@acme.example")
    tab.fill("Password", "long enough, alice")
    tab.press("Sign in")
    tab.wait_for("No agents yet")
    assert tab.path == "/admin/accounts/agent/"
    tab.unfold("Alice")
    tab.press("Sign out")
    tab.wait_for("You are signed out.")
    assert tab.open("/admin/accounts/agent/") == 200
    assert tab.path.startswith("/admin/login/")
    assert tab.complaints == []


def test_it_says_why_it_did_not(open_tab: OpenTab, known_alice: Person) -> None:
    tab = open_tab()
    tab.open("/admin/")
    tab.fill("E-mail", "alice@acme.example")
    tab.fill("Password", "something else")
    tab.press("Sign in")
    tab.wait_for("Please enter the correct")
    assert tab.value_of("E-mail") == "alice@acme.example"
    assert tab.value_of("Password") == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
def test_it_shows_a_clean_door(open_tab: OpenTab, theme: str, phone: bool) -> None:
    tab = open_tab(phone=phone, theme=theme)
    tab.open("/admin/login/")
    assert tab.check("headings") == ["Quartermaster"]
    for check in ("nameless", "repeatedIds", "brokenReferences", "inlineHandlers", "faint"):
        assert tab.check(check) == [], check
    assert tab.check("wideBy") == 0
    assert tab.complaints == []
