from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.errors import Forbidden, Invalid
from accounts.models import Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.approvals.decide import approve
from registry.approvals.remember import Remember, Whom
from registry.models import Approval, PermissionRule
from registry.models.approval import ApprovalState
from registry.models.execution import Status
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, told
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7, "email": "ada@example.com"}


@pytest.fixture
def question(acme: Tenant, corridor: Corridor, register: Register) -> Approval:
    """A rule asks about what scout wants."""
    register()
    rule_for(acme)
    corridor.call("crm-find", INPUT)
    return approvals(acme)[-1]


def remembered(question: Approval, by: Person, whom: Whom, *arguments: str, **more: Any) -> PermissionRule:
    with within(question.tenant_id):
        decided = approve(approval=question, by=caller_of(by), remember=Remember(whom, arguments, **more))
        return PermissionRule.objects.get(approval_id=decided.id)


def test_it_makes_a_rule_that_answers_the_one_that_asked(question: Approval, alice: Person) -> None:
    rule = remembered(question, alice, Whom.AGENT)
    assert (rule.name, rule.effect) == ("Approved: crm-find for scout", "allow")
    assert (rule.tools, rule.agents) == (["crm-find"], ["scout"])
    assert rule.note == (
        "Remembered from an approval: where the rule “Ask about the CRM” would ask, nobody is asked any more."
    )
    assert (rule.roles, rule.conditions, rule.expires_at) == ([], [], None)
    assert (rule.approval_id, rule.answers_id) == (question.id, question.rule_id)
    assert rule.created_by == f"person:{alice.id}"
    assert told(question) == ["approval.requested", "approval.approved"]


def test_it_asks_no_more_about_calls_like_it(
    acme: Tenant, question: Approval, alice: Person, corridor: Corridor, upstream: Upstream
) -> None:
    remembered(question, alice, Whom.AGENT)
    assert corridor.call("crm-find", {"account": 8}).status == Status.SUCCEEDED
    assert len(approvals(acme)) == 1


def test_it_still_asks_about_another_agent(acme: Tenant, question: Approval, alice: Person, corridor: Corridor) -> None:
    remembered(question, alice, Whom.AGENT)
    another = corridor.as_(make_key(make_agent(acme, "another", Role.OPERATOR)))
    assert another.call("crm-find", INPUT).status == Status.PENDING


@pytest.mark.parametrize(
    ("whom", "name"),
    [
        (Whom.ROLE, "Approved: crm-find for the role operator"),
        (Whom.EVERYBODY, "Approved: crm-find for everybody"),
    ],
)
def test_it_covers_whom_it_says(
    acme: Tenant, question: Approval, alice: Person, corridor: Corridor, whom: Whom, name: str
) -> None:
    assert remembered(question, alice, whom).name == name
    another = corridor.as_(make_key(make_agent(acme, "another", Role.OPERATOR)))
    chief = corridor.as_(make_key(make_agent(acme, "chief", Role.OWNER)))
    assert another.call("crm-find", INPUT).status == Status.SUCCEEDED
    assert chief.call("crm-find", INPUT).status == (Status.PENDING if whom is Whom.ROLE else Status.SUCCEEDED)


def test_it_covers_the_values_it_says(question: Approval, alice: Person, corridor: Corridor) -> None:
    rule = remembered(question, alice, Whom.AGENT, "account")
    assert rule.conditions == [{"path": "$.account", "op": "eq", "value": 7}]
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert corridor.call("crm-find", {"account": 8}).status == Status.PENDING


def test_it_names_arguments_whatever_they_are_called(
    acme: Tenant, corridor: Corridor, register: Register, alice: Person
) -> None:
    register(input_schema={"type": "object"})
    rule_for(acme)
    odd = 'the "best" way'
    corridor.call("crm-find", {odd: True})
    rule = remembered(approvals(acme)[-1], alice, Whom.AGENT, odd)
    assert corridor.call("crm-find", {odd: True}).status == Status.SUCCEEDED
    assert corridor.call("crm-find", {odd: False}).status == Status.PENDING
    assert rule.conditions[0]["path"] == '$["the \\"best\\" way"]'


def test_it_ends_when_it_was_told_to(question: Approval, alice: Person) -> None:
    until = timezone.now() + timedelta(days=1)
    assert remembered(question, alice, Whom.AGENT, until=until).expires_at == until


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("nobody", "The call has no argument `nobody`"),
        ("items", "`items` is an object, a list or too long"),
        ("note", "`note` is an object, a list or too long"),
        ("password", "`password` is masked, and secrets are not written into rules"),
    ],
)
def test_it_remembers_no_value_that_it_must_not(
    acme: Tenant, corridor: Corridor, register: Register, alice: Person, argument: str, said: str
) -> None:
    register(input_schema={"type": "object"})
    rule_for(acme)
    corridor.call("crm-find", {"items": [1], "note": "x" * 1001, "password": "hunter2"})
    question = approvals(acme)[-1]
    with pytest.raises(Invalid) as refusal:
        remembered(question, alice, Whom.AGENT, argument)
    assert said in refusal.value.faults[0].message
    assert refusal.value.faults[0].path == "$.remember.arguments[0]"
    assert_nothing_came_of(question)


def test_it_cannot_tell_operations_apart(
    acme: Tenant, corridor: Corridor, register: Register, alice: Person, upstream: Upstream
) -> None:
    endpoints = {"find": f"{upstream.url}/find", "drop": f"{upstream.url}/drop"}
    register(endpoints=endpoints, definition={}, input_schema={"type": "object"})
    rule_for(acme)
    corridor.call("crm-find", {}, operation="find")
    question = approvals(acme)[-1]
    with pytest.raises(Invalid) as refusal:
        remembered(question, alice, Whom.AGENT)
    assert "a rule cannot tell them apart" in refusal.value.faults[0].message
    assert_nothing_came_of(question)


def test_it_takes_the_right_to_make_rules(question: Approval, bob: Person, upstream: Upstream) -> None:
    with pytest.raises(Forbidden, match="needs the right `people`"):
        remembered(question, bob, Whom.AGENT)
    assert_nothing_came_of(question)
    assert upstream.received == []


def test_an_answer_to_the_tenants_default_is_remembered_too(
    acme: Tenant, corridor: Corridor, register: Register, alice: Person
) -> None:
    register()
    with within(acme.id):
        Tenant.objects.update(default_decision="ask")
    corridor.call("crm-find", INPUT)
    rule = remembered(approvals(acme)[-1], alice, Whom.AGENT)
    assert rule.answers_id is None
    assert corridor.call("crm-find", {"account": 9}).status == Status.SUCCEEDED


def test_a_call_of_a_persons_own_names_no_agent(acme: Tenant, question: Approval, alice: Person) -> None:
    with within(acme.id):
        Approval.objects.update(agent=None)
    with pytest.raises(Invalid) as refusal:
        remembered(question, alice, Whom.ROLE)
    assert refusal.value.faults[0].path == "$.remember.scope"


def assert_nothing_came_of(question: Approval) -> None:
    with within(question.tenant_id):
        assert Approval.objects.get(id=question.id).state == ApprovalState.WAITING
        assert not PermissionRule.objects.filter(effect="allow").exists()
    assert told(question) == ["approval.requested"]
