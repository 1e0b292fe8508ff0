import pytest

from accounts.authenticate import authenticate
from accounts.models import Agent, Person
from tests.browser.conftest import OpenTab
from tests.browsing import address_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_shows_a_new_key_once_and_copies_it(open_tab: OpenTab, alice: Person, scout: Agent) -> None:
    tab = open_tab(alice)
    tab.allow_clipboard()
    tab.open(address_of(scout))
    tab.follow("Issue key")
    tab.fill("Name", "production")
    tab.choose("Expires", "in 30 days")
    tab.press("Issue key")
    tab.wait_for("shown only here and only this once")
    key = tab.value_of("API key")
    assert authenticate(f"Bearer {key}").agent_id == scout.id
    tab.press("Copy")
    tab.wait_for("Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == key
    tab.follow("I have stored it")
    tab.wait_for("production")
    assert key not in tab.evaluate("document.documentElement.outerHTML")
    assert tab.complaints == []


def test_it_lets_the_key_be_copied_by_hand(open_tab: OpenTab, alice: Person, scout: Agent) -> None:
    tab = open_tab(alice)
    tab.open(address_of(scout, "issue-key"))
    tab.fill("Name", "production")
    tab.press("Issue key")
    tab.wait_for("shown only here")
    tab.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    tab.press("Copy")
    tab.wait_for("Press Ctrl+C")
    assert tab.evaluate("getSelection().toString()") == tab.value_of("API key")
