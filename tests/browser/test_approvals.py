"""Deciding about calls in a real browser: they appear by themselves, and two clicks answer them."""

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from accounts.trail import tend_trail
from registry.approvals.unanswered import withdraw
from registry.execution.resume import resume
from registry.models import Approval, Execution, PermissionRule
from registry.models.approval import ApprovalState
from registry.models.execution import Status
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_pages import faults
from tests.browsing import list_of
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7, "email": "ada@example.com"}
LIVE = "document.querySelector('[data-live-state]').dataset.liveState === 'live'"
BADGE = "document.querySelector('[data-waiting]:not([hidden]) [data-waiting-number]')?.textContent"


@pytest.fixture
def tool(acme: Tenant, register: Register) -> None:
    """One that a person decides about."""
    register()
    rule_for(acme)


def open_list(tab: Tab, person: Person | None = None) -> Tab:
    assert tab.open(list_of(Approval)) == 200
    tab.wait_until(LIVE)
    return tab


def ask(acme: Tenant, corridor: Corridor, account: int = 7) -> Approval:
    corridor.call("crm-find", {**INPUT, "account": account})
    tend_trail()
    return approvals(acme)[-1]


def card(approval: Approval) -> str:
    return f"document.querySelector('[data-card=\"{approval.id}\"]')"


def state_of(approval: Approval) -> str:
    with within(approval.tenant_id):
        return Approval.objects.get(id=approval.id).state


def test_a_call_appears_without_a_reload_and_is_approved_with_one_click(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    first = ask(acme, corridor, account=1)
    tab = open_list(open_tab(alice))
    tab.evaluate("window.kept = true")
    second = ask(acme, corridor, account=2)
    tab.wait_until(card(second))
    tab.wait_until(f"{BADGE} === '2'")
    tab.evaluate(f"{card(first)}.querySelector('button').click()")
    tab.wait_until(f"!{card(first)}")
    tab.wait_for("crm-find@1.0.0 is approved and runs now.")
    assert state_of(first) == ApprovalState.APPROVED
    assert state_of(second) == ApprovalState.WAITING
    tend_trail()
    tab.wait_until(f"{BADGE} === '1'")
    tab.wait_until("document.querySelectorAll('#result_list tbody tr').length === 1")
    assert tab.evaluate("window.kept")
    assert tab.complaints == []


def test_the_outcome_of_the_run_appears_in_its_row(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    tab = open_list(open_tab(alice))
    tab.press("Approve")
    tab.wait_for("Pending")
    upstream.will(Scripted(404, b'{"error": "no such account"}'))
    corridor.loop.run(resume(acme.id, approval.execution_id))
    tend_trail()
    tab.wait_for("upstream_error")
    tab.wait_until(f"document.querySelector('#result_list a[href*=\"{approval.execution_id}\"]')")


def test_a_refusal_takes_a_reason_and_two_clicks(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    approval = ask(acme, corridor)
    tab = open_list(open_tab(alice))
    tab.unfold("Refuse")
    tab.fill("Why optional", "Not today.")
    tab.press("Refuse")
    tab.wait_for("is refused. Nothing was sent.")
    with within(acme.id):
        assert Approval.objects.get().reason == "Not today."
        assert Execution.objects.get(id=approval.execution_id).status == Status.REFUSED
    tab.wait_until("document.querySelector('[data-nobody]:not([hidden])')")


def test_an_answer_is_remembered_with_two_clicks(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    ask(acme, corridor)
    tab = open_list(open_tab(alice))
    tab.unfold("Approve and remember")
    tab.press("Approve and remember")
    tab.wait_for("Calls like it are allowed from now on.")
    with within(acme.id):
        assert PermissionRule.objects.get(effect="allow").agents == ["scout"]


def test_who_comes_second_is_told_who_was_faster(
    open_tab: OpenTab, acme: Tenant, alice: Person, bob: Person, corridor: Corridor, tool: None
) -> None:
    approval = ask(acme, corridor)
    mine, theirs = open_list(open_tab(alice)), open_list(open_tab(bob))
    # Before anything is told: the trail is not tended.
    mine.press("Approve")
    mine.wait_for("is approved and runs now.")
    theirs.press("Approve")
    theirs.wait_for("Alice approved this call at")
    assert state_of(approval) == ApprovalState.APPROVED


def test_what_somebody_writes_is_not_taken_from_them(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    ask(acme, corridor, account=1)
    tab = open_list(open_tab(alice))
    tab.unfold("Refuse")
    tab.fill("Why optional", "Not")
    second = ask(acme, corridor, account=2)
    tab.wait_until(card(second))
    assert tab.evaluate("document.querySelector('details[open] textarea').value") == "Not"


def test_the_first_call_of_all_appears_on_an_empty_page(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    tab = open_list(open_tab(alice))
    assert "Nobody was asked yet" in tab.text()
    approval = ask(acme, corridor)
    tab.wait_until(card(approval))
    assert faults(tab) == {}


def test_the_menu_counts_on_every_page(
    open_tab: OpenTab, acme: Tenant, alice: Person, scout: Agent, corridor: Corridor, tool: None
) -> None:
    tab = open_tab(alice)
    tab.open(list_of(Agent))
    assert tab.evaluate(BADGE) is None
    ask(acme, corridor)
    tab.wait_until(f"{BADGE} === '1'")


def test_the_dashboard_tells_of_it_at_once(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    approval = ask(acme, corridor, account=1)
    with within(acme.id):
        withdraw(execution=Execution.objects.get(id=approval.execution_id), actor=approval.asked_by)
    tend_trail()
    tab = open_tab(alice)
    tab.open("/admin/")
    tab.wait_until(LIVE)
    assert "for a person's approval" not in tab.text()
    ask(acme, corridor, account=2)
    tab.wait_for("for a person's approval")
    tab.wait_until(f"{BADGE} === '1'")


def test_it_works_without_javascript(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: None
) -> None:
    approval = ask(acme, corridor)
    tab = open_tab(alice, java_script_enabled=False)
    tab.open(list_of(Approval))
    tab.press("Approve")
    tab.wait_for("crm-find@1.0.0 is approved and runs now.")
    assert state_of(approval) == ApprovalState.APPROVED
