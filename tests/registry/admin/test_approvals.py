from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.admin import approvals as pages
from registry.models import Approval, Execution, PermissionRule
from registry.models.approval import ApprovalState
from registry.models.execution import Status
from tests.browsing import Browse, address_of, list_of
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, execution_of, told
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7, "email": "ada@example.com"}
HOME = list_of(Approval)


@pytest.fixture
def question(acme: Tenant, corridor: Corridor, register: Register) -> Approval:
    """A rule asks about what scout wants."""
    register()
    rule_for(acme)
    corridor.call("crm-find", INPUT)
    return approvals(acme)[-1]


def answered(question: Approval, state: ApprovalState, **more: Any) -> None:
    with within(question.tenant_id):
        Approval.objects.filter(id=question.id).update(state=state, decided_at=timezone.now(), **more)


class TestTheList:
    def test_it_says_when_a_call_would_wait_here(self, browse: Browse, bob: Person) -> None:
        page = browse(bob).page(HOME)
        assert "Nobody was asked yet" in page
        assert 'data-waiting hidden><span data-waiting-number="">' not in page

    def test_it_shows_who_wants_what_and_why(self, browse: Browse, bob: Person, question: Approval) -> None:
        page = browse(bob).page(HOME)
        assert f'data-card="{question.id}"' in page
        assert "<code>crm-find</code>" in page
        assert ">scout</a>" in page
        assert '<span class="qm-json-key">"account"</span>' in page
        assert "The rule “Ask about the CRM” asks for a person's approval." in page
        assert "expires <time" in page
        for verb in ("approve", "refuse"):
            assert address_of(question, verb) in page

    def test_it_counts_what_waits_in_the_menu(
        self, browse: Browse, bob: Person, question: Approval, corridor: Corridor
    ) -> None:
        corridor.call("crm-find", {"account": 8})
        assert "<span data-waiting-number>2</span>" in browse(bob).page(list_of(Execution))

    def test_it_counts_nothing_of_another_tenant(self, browse: Browse, mallory: Person, question: Approval) -> None:
        assert "data-waiting hidden><span data-waiting-number>0</span>" in browse(mallory).page(HOME)

    def test_what_ends_first_comes_first(
        self, acme: Tenant, browse: Browse, bob: Person, question: Approval, corridor: Corridor
    ) -> None:
        corridor.call("crm-find", {"account": 8})
        second = approvals(acme)[-1]
        with within(acme.id):
            Approval.objects.filter(id=second.id).update(expires_at=timezone.now() + timedelta(minutes=1))
        page = browse(bob).page(HOME)
        assert page.index(f'data-card="{second.id}"') < page.index(f'data-card="{question.id}"')
        assert 'class="qm-badge qm-warn" data-fresh="left"' in page

    def test_it_says_how_many_more_wait(
        self,
        browse: Browse,
        bob: Person,
        question: Approval,
        corridor: Corridor,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(pages, "CARDS", 1)
        corridor.call("crm-find", {"account": 8})
        page = browse(bob).page(HOME)
        assert page.count("data-card=") == 1
        assert "1 more wait behind these." in page

    def test_it_shows_what_came_of_an_answer(self, browse: Browse, bob: Person, question: Approval) -> None:
        answered(question, ApprovalState.APPROVED, decided_by=f"person:{bob.id}")
        with within(question.tenant_id):
            Execution.objects.update(status=Status.FAILED, error={"code": "timeout"}, waits_for="")
        page = browse(bob).page(HOME)
        assert "data-card=" not in page
        assert '>Approved</span> <span class="qm-subtle">Bob</span>' in page
        assert f'href="{address_of(execution_of(question))}"' in page
        assert '>Failed</span></a> <span class="qm-subtle">timeout</span>' in page

    def test_it_narrows_by_the_answer(self, browse: Browse, bob: Person, question: Approval) -> None:
        answered(question, ApprovalState.REFUSED)
        visitor = browse(bob)
        assert address_of(question) in visitor.page(HOME, {"answer": "refused"})
        assert address_of(question) not in visitor.page(HOME, {"answer": "approved"})

    def test_a_viewer_looks_on(self, browse: Browse, vera: Person, question: Approval) -> None:
        page = browse(vera).page(HOME)
        assert "Your role looks on" in page
        assert address_of(question, "approve") not in page

    def test_it_offers_to_remember_to_those_who_may(
        self, browse: Browse, alice: Person, bob: Person, question: Approval
    ) -> None:
        assert address_of(question, "remember") in browse(alice).page(HOME)
        assert address_of(question, "remember") not in browse(bob).page(HOME)

    def test_it_says_who_decides_about_those_above_oneself(
        self, acme: Tenant, browse: Browse, bob: Person, question: Approval, corridor: Corridor
    ) -> None:
        corridor.as_(make_key(make_agent(acme, "chief", Role.OWNER))).call("crm-find", INPUT)
        page = browse(bob).page(HOME)
        assert "This agent's role is above yours: somebody who is owner decides." in page
        assert address_of(approvals(acme)[-1], "approve") not in page


class TestAnswering:
    def test_it_approves_from_the_list(self, browse: Browse, bob: Person, question: Approval) -> None:
        visitor = browse(bob)
        answer = visitor.post(address_of(question, "approve"), {"from": "list"})
        assert answer["Location"] == HOME
        assert "crm-find@1.0.0 is approved and runs now." in visitor.page(HOME)
        assert execution_of(question).waits_for == "worker"

    def test_it_refuses_with_a_reason(
        self, browse: Browse, bob: Person, question: Approval, upstream: Upstream
    ) -> None:
        said = browse(bob).done(address_of(question, "refuse"), {"reason": "Not today."})
        assert "crm-find@1.0.0 is refused. Nothing was sent." in said
        assert "Not today." in said
        assert upstream.received == []

    def test_it_remembers(self, browse: Browse, alice: Person, question: Approval) -> None:
        fields = {"scope": "agent", "until": "week", "arguments": ["account"]}
        assert "Calls like it are allowed" in browse(alice).done(address_of(question, "remember"), fields)
        with within(question.tenant_id):
            rule = PermissionRule.objects.get(effect="allow")
        assert (rule.agents, rule.conditions[0]["value"]) == (["scout"], 7)
        assert rule.expires_at is not None
        assert timedelta(days=6) < rule.expires_at - timezone.now() < timedelta(days=8)

    def test_it_remembers_for_ever(self, browse: Browse, alice: Person, question: Approval) -> None:
        browse(alice).done(address_of(question, "remember"), {"scope": "everybody", "until": "ever"})
        with within(question.tenant_id):
            assert PermissionRule.objects.get(effect="allow").expires_at is None

    def test_it_tells_who_comes_second_who_was_faster(
        self, browse: Browse, alice: Person, bob: Person, question: Approval
    ) -> None:
        browse(alice).done(address_of(question, "refuse"))
        said = browse(bob).refused(address_of(question, "approve"), {"from": "list"})
        assert "Alice refused this call at" in said
        assert told(question) == ["approval.requested", "approval.refused", "execution.refused"]

    def test_it_makes_no_rule_for_whom_it_is_not(self, browse: Browse, bob: Person, question: Approval) -> None:
        answer = browse(bob).post(address_of(question, "remember"), {"scope": "agent", "until": "day"})
        assert answer.status_code == 403
        assert told(question) == ["approval.requested"]

    def test_a_viewer_may_not(self, browse: Browse, vera: Person, question: Approval) -> None:
        for verb in ("approve", "refuse", "remember"):
            assert browse(vera).post(address_of(question, verb)).status_code == 403
        assert told(question) == ["approval.requested"]


class TestAskingBack:
    """The pages on which one confirms, for those who have no JavaScript or come from the call's own page."""

    def test_they_say_what_happens(self, browse: Browse, alice: Person, question: Approval) -> None:
        visitor = browse(alice)
        assert "<code>crm-find@1.0.0</code> runs once" in visitor.page(address_of(question, "approve"))
        assert "does not run, and its caller is told" in visitor.page(address_of(question, "refuse"))
        page = visitor.page(address_of(question, "remember"))
        assert "allows calls like it without asking" in page
        assert "account: 7" in page

    def test_a_rule_is_offered_no_value_that_it_cannot_hold(
        self, acme: Tenant, browse: Browse, alice: Person, corridor: Corridor, register: Register
    ) -> None:
        register(input_schema={"type": "object"})
        rule_for(acme)
        corridor.call("crm-find", {"items": [1], "password": "hunter2"})
        assert "Only with these values" not in browse(alice).page(address_of(approvals(acme)[-1], "remember"))

    def test_a_long_value_is_cut(
        self, acme: Tenant, browse: Browse, alice: Person, corridor: Corridor, register: Register
    ) -> None:
        register(input_schema={"type": "object"})
        rule_for(acme)
        corridor.call("crm-find", {"note": "x" * 500})
        page = browse(alice).page(address_of(approvals(acme)[-1], "remember"))
        assert f'note: "{"x" * 119} …' in page

    def test_a_persons_call_is_remembered_for_everybody_or_not_at_all(
        self, browse: Browse, alice: Person, question: Approval
    ) -> None:
        with within(question.tenant_id):
            Approval.objects.update(agent=None)
        page = browse(alice).page(address_of(question, "remember"))
        assert '<option value="everybody">Everybody</option>' in page
        assert "This agent" not in page


class TestOne:
    def test_it_shows_a_question(self, browse: Browse, bob: Person, question: Approval) -> None:
        page = browse(bob).page(address_of(question))
        assert ">Waiting</span>" in page
        assert '<span class="qm-json-key">"account"</span>' in page
        assert address_of(question, "approve") in page

    def test_it_shows_an_answer(self, browse: Browse, bob: Person, question: Approval) -> None:
        answered(question, ApprovalState.REFUSED, decided_by=f"person:{bob.id}", reason="Not today.")
        page = browse(bob).page(address_of(question))
        assert "Not today." in page
        assert "<dd>Bob</dd>" in page
        assert address_of(question, "approve") not in page

    def test_its_execution_leads_to_it(self, browse: Browse, bob: Person, question: Approval) -> None:
        page = browse(bob).page(address_of(execution_of(question)))
        assert "This call waits for a person's approval." in page
        assert address_of(question) in page

    def test_its_execution_leads_to_the_answer(self, browse: Browse, bob: Person, question: Approval) -> None:
        answered(question, ApprovalState.EXPIRED)
        page = browse(bob).page(address_of(execution_of(question)))
        assert "A person was asked about this call: expired." in page


def test_a_person_does_not_decide_about_a_call_of_their_own(
    browse: Browse, bob: Person, scout: Agent, question: Approval
) -> None:
    with within(question.tenant_id):
        Approval.objects.update(asked_by=f"person:{bob.id}", agent=None)
    page = browse(bob).page(HOME)
    assert "This is your own call: somebody else decides." in page
    assert "wanted by Bob" in page
    assert address_of(question, "approve") not in page


def test_a_page_of_many_costs_as_many_queries_as_of_one(
    acme: Tenant, browse: Browse, bob: Person, question: Approval, corridor: Corridor
) -> None:
    visitor = browse(bob)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            visitor.page(HOME)
        return len(queries)

    cost()
    of_one = cost()
    for account in range(5):
        corridor.call("crm-find", {"account": account})
    assert cost() == of_one


def test_the_dashboard_says_how_many_wait(browse: Browse, bob: Person, question: Approval) -> None:
    page = browse(bob).page("/admin/")
    assert '<strong class="qm-number">1</strong> call waits for a person\'s approval' in page
