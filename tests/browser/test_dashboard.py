"""The dashboard in a real browser: what happens appears by itself, and nothing needs it to."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from accounts.trail import tend_trail
from registry.models import Execution, Tool
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_pages import faults
from tests.catalogue import Register
from tests.registry.live.rows import ran
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/admin/"
KEEP_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(address) { super(address); window.sockets.push(this); }
    };
"""
KEEP_LABELS = """
    window.labels = [];
    new MutationObserver(() => labels.push(document.querySelector("[data-live-label]").textContent))
        .observe(document.querySelector("[data-live-label]"), { childList: true });
"""
TURN_AWAY = """
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
"""
TURN_BACK = TURN_AWAY.replace("true, configurable", "false, configurable")
FIRST_ROW = "document.querySelector('[data-rows] tr').dataset.id"


def open_dashboard(tab: Tab) -> Tab:
    assert tab.open(HOME) == 200
    tab.wait_until("document.querySelector('[data-live-state]').dataset.liveState === 'live'")
    return tab


@pytest.fixture
def clock(register: Register) -> Tool:
    """A tool that the web process can run without any service."""
    return register(
        slug="clock", transport="builtin", definition={"function": "clock"}, input_schema={}, read_only=True
    )


class TestLive:
    def test_an_execution_made_over_the_api_appears_without_a_reload(
        self, open_tab: OpenTab, web: Web, alice: Person, clock: Tool, scout_headers: dict[str, str]
    ) -> None:
        tab = open_dashboard(open_tab(alice))
        assert "Nothing has been called yet" in tab.text()
        tab.evaluate("window.kept = true")
        for number in (1, 2):
            execution = web.execute("clock", {}, scout_headers)
            tend_trail()
            tab.wait_until(f"document.querySelector('[data-id=\"{execution['id']}\"]')")
            tab.wait_until(f"document.querySelector('.qm-tile-value').textContent === '{number}'")
        assert tab.evaluate(FIRST_ROW) == execution["id"]
        text = tab.text()
        assert "clock@1.0.0" in text
        assert "scout" in text
        assert "Nothing has been called yet" not in text
        assert tab.evaluate("window.kept")
        assert tab.complaints == []

    def test_a_row_that_is_told_looks_like_one_that_is_served(
        self, open_tab: OpenTab, acme: Tenant, alice: Person, scout: Agent, tool: Tool
    ) -> None:
        now = timezone.now()
        ran(acme, now - timedelta(minutes=5))
        tab = open_dashboard(open_tab(alice))
        told = [
            ran(acme, now - timedelta(seconds=3), tool=tool, agent=scout, lasted_ms=41.26),
            ran(acme, now - timedelta(seconds=2), "failed", code="timeout", lasted_ms=1234),
            ran(acme, now - timedelta(seconds=1), "refused", code="rate_limited", count=1250, lasted_ms=0.4),
            ran(acme, now, "running"),
        ]
        tend_trail()
        tab.wait_until(f"document.querySelector('[data-id=\"{told[-1].id}\"]')")
        as_told = [tab.evaluate(row_of(each)) for each in told]
        tab.open(HOME)
        assert as_told == [tab.evaluate(row_of(each)) for each in told]

    def test_it_keeps_twenty_rows_and_changes_one_in_its_place(
        self, open_tab: OpenTab, acme: Tenant, alice: Person
    ) -> None:
        now = timezone.now()
        running = ran(acme, now - timedelta(seconds=60), "running")
        tend_trail()
        tab = open_dashboard(open_tab(alice))
        newer = [ran(acme, now + timedelta(milliseconds=n)) for n in range(19)]
        with within(acme.id):
            Execution.objects.filter(id=running.id).delete()
        again = ran(acme, now - timedelta(seconds=60), "failed", id_=running.id)
        tend_trail()
        tab.wait_until(f"document.querySelector('[data-id=\"{again.id}\"] .qm-bad')")
        rows = tab.evaluate("[...document.querySelectorAll('[data-rows] tr')].map((row) => row.dataset.id)")
        assert rows == [*(str(each.id) for each in reversed(newer)), str(again.id)]
        ran(acme, now + timedelta(seconds=1))
        tend_trail()
        tab.wait_until(f"!document.querySelector('[data-id=\"{again.id}\"]')")

    def test_it_comes_back_by_itself_and_catches_up(self, open_tab: OpenTab, acme: Tenant, alice: Person) -> None:
        tab = open_tab(alice)
        tab.run_first(KEEP_SOCKETS)
        ran(acme, timezone.now() - timedelta(minutes=1))
        tend_trail()
        open_dashboard(tab)
        tab.evaluate(KEEP_LABELS)
        tab.evaluate("sockets[0].close(4999)")
        missed = ran(acme, timezone.now())
        tend_trail()
        tab.wait_until(f"document.querySelector('[data-id=\"{missed.id}\"]')")
        assert tab.evaluate("document.querySelector('[data-live-state]').dataset.liveState") == "live"
        assert tab.evaluate("labels") == ["Live updates paused", "Live"]
        assert tab.evaluate("sockets.length") == 2
        assert tab.complaints == []

    def test_it_rests_while_nobody_sees_it(self, open_tab: OpenTab, acme: Tenant, alice: Person) -> None:
        tab = open_tab(alice)
        tab.run_first(KEEP_SOCKETS)
        ran(acme, timezone.now() - timedelta(minutes=1))
        tend_trail()
        open_dashboard(tab)
        tab.evaluate(TURN_AWAY)
        tab.wait_until("sockets[0].readyState === WebSocket.CLOSED")
        missed = ran(acme, timezone.now())
        tend_trail()
        assert tab.evaluate("sockets.length") == 1
        tab.evaluate(TURN_BACK)
        tab.wait_until(f"document.querySelector('[data-id=\"{missed.id}\"]')")

    def test_it_ends_when_one_has_signed_out_elsewhere(self, open_tab: OpenTab, alice: Person) -> None:
        tab = open_dashboard(open_tab(alice))
        Session.objects.all().delete()
        tab.evaluate(TURN_BACK)
        tab.wait_for("Signed out")


def row_of(execution: Execution) -> str:
    """The row's HTML, but for what shows that it is new."""
    return (
        f"((row) => row.cells && [...row.cells].map((cell) => cell.innerHTML.replace(/\\s+/g, ' ').trim()))"
        f"(document.querySelector('[data-id=\"{execution.id}\"]'))"
    )


class TestLooks:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("phone", [False, True])
    def test_it_is_clean(self, open_tab: OpenTab, alice: Person, busy: None, theme: str, phone: bool) -> None:
        tab = open_dashboard(open_tab(alice, phone=phone, theme=theme))
        assert faults(tab) == {}
        assert tab.complaints == []

    @pytest.mark.parametrize("phone", [False, True])
    def test_it_is_clean_before_the_first_call(self, open_tab: OpenTab, alice: Person, tool: Tool, phone: bool) -> None:
        tab = open_dashboard(open_tab(alice, phone=phone))
        assert faults(tab) == {}
        assert "execute/" in tab.value_of("Command")

    def test_it_is_complete_without_javascript(self, open_tab: OpenTab, alice: Person, busy: None) -> None:
        tab = open_tab(alice, phone=True, java_script_enabled=False)
        assert tab.open(HOME) == 200
        text = tab.text()
        for shown in ("Calls today", "Tools by health", "Last executions", "crm-find", "Where the time goes"):
            assert shown in text
        assert "Load the page again for newer numbers." in text
        assert "Connecting" not in text
        tab.follow("All executions")
        assert tab.path == "/admin/registry/execution/"
