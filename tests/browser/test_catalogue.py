import pytest

from accounts.models import Person
from registry.models import Execution
from tests.browser.conftest import OpenTab
from tests.browsing import address_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_finds_a_tool_and_its_executions(open_tab: OpenTab, bob: Person, executions: list[Execution]) -> None:
    tab = open_tab(bob)
    tab.open("/admin/")
    tab.follow("Tools")
    tab.wait_for("crm-find")
    tab.unfold("Health")
    tab.follow("Healthy")
    tab.wait_for("Health: Healthy")
    tab.follow("crm-find Find contact")
    tab.wait_for("Last executions")
    tab.follow("All")
    tab.wait_for("Tool: crm-find")
    assert tab.complaints == []


def test_it_closes_menus_with_escape_and_elsewhere(open_tab: OpenTab, bob: Person, executions: list[Execution]) -> None:
    tab = open_tab(bob)
    tab.open("/admin/registry/tool/")
    tab.unfold("Health")
    assert tab.evaluate("document.querySelectorAll('details.qm-filter[open]').length") == 1
    tab.key("Escape")
    assert tab.evaluate("document.querySelectorAll('details.qm-filter[open]').length") == 0
    assert tab.evaluate("document.activeElement.textContent.includes('Health')")
    tab.unfold("Health")
    tab.evaluate("document.querySelector('h1').click()")
    assert tab.evaluate("document.querySelectorAll('details.qm-filter[open]').length") == 0


def test_it_shows_where_an_executions_time_went(open_tab: OpenTab, bob: Person, executions: list[Execution]) -> None:
    tab = open_tab(bob)
    tab.open(address_of(executions[-1]))
    text = tab.text()
    assert "jane@example.org" in text
    legend = tab.evaluate(
        "[...document.querySelectorAll('.qm-legend li')].map((each) => each.innerText.split('\\n')[0])"
    )
    assert legend == ["resolve", "permit", "limit", "validate", "send", "record"]
    assert tab.evaluate("document.querySelector('.qm-timings desc').textContent").startswith("41.7 ms in all: resolve")
    assert tab.evaluate(
        "[...document.querySelectorAll('.qm-timings rect')].every((each) => each.getBoundingClientRect().width > 1)"
    )
    assert "40000" not in text
    tab.unfold("As a table")
    assert "40000" in tab.text()


def test_it_opens_and_closes_the_menu_on_a_phone(open_tab: OpenTab, bob: Person, executions: list[Execution]) -> None:
    tab = open_tab(bob, phone=True)
    tab.open("/admin/registry/tool/")
    assert not tab.evaluate("document.getElementById('nav-sidebar').checkVisibility()")
    tab.press("Open the menu")
    assert tab.evaluate("document.getElementById('nav-sidebar').checkVisibility()")
    tab.press("Close the menu")
    assert not tab.evaluate("document.getElementById('nav-sidebar').checkVisibility()")
