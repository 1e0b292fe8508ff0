from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.caller import Actor, Caller, System
from accounts.errors import Forbidden
from accounts.models import Agent, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.approvals.decide import RUNS_WITHIN, approve, refuse
from registry.errors import AlreadyDecided
from registry.models import Approval, Execution
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.questions import approvals, execution_of, told, waiting
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def question(acme: Tenant, corridor: Corridor, register: Register) -> Approval:
    """scout wants to find a contact."""
    register()
    return waiting(corridor, acme, {"account": 7}, idempotency_key="order-1")


def agent_caller(agent: Agent) -> Caller:
    return Caller(tenant_id=agent.tenant_id, tenant_slug="acme", generation=1, role=Role(agent.role), agent_id=agent.id)


def decide(verb: Any, approval: Approval, by: Actor, **more: Any) -> Approval:
    with within(approval.tenant_id):
        result: Approval = verb(approval=approval, by=by, **more)
        return result


def assert_undecided(approval: Approval, upstream: Upstream) -> None:
    with within(approval.tenant_id):
        still = Approval.objects.get(id=approval.id)
    assert (still.state, still.decided_by) == (ApprovalState.WAITING, "")
    assert execution_of(approval).waits_for == WaitsFor.APPROVAL
    assert told(approval) == ["approval.requested"]
    assert upstream.received == []


def test_it_hands_an_approved_call_to_whichever_process_is_alive(question: Approval, bob: Person) -> None:
    decided = decide(approve, question, caller_of(bob))
    assert (decided.state, decided.decided_by) == (ApprovalState.APPROVED, f"person:{bob.id}")
    execution = execution_of(question)
    assert (execution.status, execution.waits_for) == (Status.PENDING, WaitsFor.WORKER)
    assert execution.due_at is not None
    assert execution.due_at <= timezone.now()
    assert execution.sealed_input is not None
    assert told(question) == ["approval.requested", "approval.approved"]


def test_it_leaves_a_late_answer_time_to_run(acme: Tenant, question: Approval, bob: Person) -> None:
    with within(acme.id):
        Approval.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    decided = decide(approve, question, caller_of(bob))
    assert decided.decided_at is not None
    assert decided.expires_at >= decided.decided_at + RUNS_WITHIN - timedelta(seconds=1)


def test_it_ends_a_refused_call_and_tells_its_caller_why(
    acme: Tenant, question: Approval, bob: Person, upstream: Upstream
) -> None:
    decide(refuse, question, caller_of(bob), reason="  That is the wrong account.  ")
    (decided,) = approvals(acme)
    assert (decided.state, decided.reason) == (ApprovalState.REFUSED, "That is the wrong account.")
    execution = execution_of(question)
    assert execution.error is not None
    assert (execution.status, execution.error["code"], execution.error["status"]) == ("refused", "forbidden", 403)
    assert execution.error["detail"] == "Bob refused this call: That is the wrong account."
    assert execution.sealed_input is None
    assert told(question) == ["approval.requested", "approval.refused", "execution.refused"]
    assert upstream.received == []


def test_it_says_so_when_no_reason_was_given(question: Approval, bob: Person) -> None:
    decide(refuse, question, caller_of(bob))
    error = execution_of(question).error
    assert error is not None
    assert error["detail"] == "Bob refused this call and gave no reason. Ask them before you call again."


def test_it_keeps_secrets_out_of_the_reason(question: Approval, bob: Person) -> None:
    key = f"sk-ant-api03-{'a' * 80}"
    decided = decide(refuse, question, caller_of(bob), reason=f"You sent {key}")
    assert key not in decided.reason
    assert key not in str(execution_of(question).error)


def test_a_refusal_stands_for_its_key(acme: Tenant, question: Approval, bob: Person) -> None:
    decide(refuse, question, caller_of(bob))
    assert execution_of(question).idempotency_key == "order-1"


@pytest.mark.parametrize(("first", "second", "what"), [(approve, refuse, "approved"), (refuse, approve, "refused")])
def test_it_tells_who_comes_second_who_was_faster(
    acme: Tenant, question: Approval, alice: Person, bob: Person, first: Any, second: Any, what: str
) -> None:
    decide(first, question, caller_of(alice))
    before = told(question)
    with pytest.raises(AlreadyDecided, match=rf"Alice {what} this call at .* UTC\. Nothing was changed\."):
        decide(second, question, caller_of(bob))
    assert told(question) == before
    assert approvals(acme)[0].decided_by == f"person:{alice.id}"


def test_of_two_at_once_exactly_one_decides(acme: Tenant, question: Approval, alice: Person, bob: Person) -> None:
    together = Barrier(2)

    def attempt(verb: Any, by: Caller) -> str:
        together.wait(10)
        try:
            return str(decide(verb, question, by).state)
        except AlreadyDecided as error:
            return error.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ends = [
            pool.submit(attempt, approve, caller_of(alice)),
            pool.submit(attempt, refuse, caller_of(bob)),
        ]
        said = [end.result(30) for end in ends]
    (decided,) = approvals(acme)
    assert sorted(text in ("approved", "refused") for text in said) == [False, True]
    assert decided.state in said
    assert len(told(question)) == (2 if decided.state == ApprovalState.APPROVED else 3)


def test_it_decides_about_nothing_whose_time_is_over(
    acme: Tenant, question: Approval, bob: Person, upstream: Upstream
) -> None:
    with within(acme.id):
        Approval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(AlreadyDecided, match="Nobody answered in time, so this call is not run any more"):
        decide(approve, question, caller_of(bob))
    assert_undecided(question, upstream)


@pytest.mark.parametrize(
    ("state", "said"),
    [(ApprovalState.EXPIRED, "Nobody answered in time: this expired at"), (ApprovalState.WITHDRAWN, "scout took back")],
)
def test_it_says_what_became_of_a_question_that_is_closed(
    acme: Tenant, question: Approval, bob: Person, state: ApprovalState, said: str
) -> None:
    with within(acme.id):
        Approval.objects.update(state=state, decided_at=timezone.now(), decided_by=question.asked_by)
    with pytest.raises(AlreadyDecided, match=said):
        decide(approve, question, caller_of(bob))


def test_it_decides_about_no_execution_that_ended_otherwise(acme: Tenant, question: Approval, bob: Person) -> None:
    with within(acme.id):
        Execution.objects.update(status=Status.CANCELLED, waits_for="")
    with pytest.raises(AlreadyDecided, match="does not wait for anybody any more"):
        decide(approve, question, caller_of(bob))


@pytest.mark.parametrize("verb", [approve, refuse])
class TestWhoMay:
    def test_not_a_viewer(self, question: Approval, vera: Person, upstream: Upstream, verb: Any) -> None:
        with pytest.raises(Forbidden, match="needs the right `approve`"):
            decide(verb, question, caller_of(vera))
        assert_undecided(question, upstream)

    def test_nobody_about_a_call_of_their_own(
        self, acme: Tenant, question: Approval, scout: Agent, upstream: Upstream, verb: Any
    ) -> None:
        with within(acme.id):
            Agent.objects.filter(id=scout.id).update(role=Role.OWNER)
            scout.refresh_from_db()
        with pytest.raises(Forbidden, match="This call is your own, so somebody else decides"):
            decide(verb, question, agent_caller(scout))
        assert_undecided(question, upstream)

    def test_no_agent_that_merely_calls(self, acme: Tenant, question: Approval, upstream: Upstream, verb: Any) -> None:
        with pytest.raises(Forbidden, match="needs the right `people`"):
            decide(verb, question, agent_caller(make_agent(acme, "another", Role.OPERATOR)))
        assert_undecided(question, upstream)

    def test_an_agent_that_manages(self, acme: Tenant, question: Approval, verb: Any) -> None:
        steward = make_agent(acme, "steward", Role.ADMIN)
        assert decide(verb, question, agent_caller(steward)).decided_by == f"agent:{steward.id}"

    def test_nobody_beyond_their_rights(
        self, acme: Tenant, corridor: Corridor, question: Approval, bob: Person, upstream: Upstream, verb: Any
    ) -> None:
        chief = corridor.as_(make_key(make_agent(acme, "chief", Role.OWNER)))
        chiefs = waiting(chief, acme, {"account": 7})
        with pytest.raises(Forbidden, match="the role `owner` is above it"):
            decide(verb, chiefs, caller_of(bob))
        assert told(chiefs) == ["approval.requested"]
        assert upstream.received == []

    def test_the_installation_itself(self, question: Approval, verb: Any) -> None:
        assert decide(verb, question, System("tests")).decided_by == "system:tests"

    def test_nobody_of_another_tenant(self, question: Approval, mallory: Person, upstream: Upstream, verb: Any) -> None:
        with within(mallory.tenant_id), pytest.raises(Execution.DoesNotExist):
            verb(approval=question, by=caller_of(mallory))
        assert_undecided(question, upstream)
