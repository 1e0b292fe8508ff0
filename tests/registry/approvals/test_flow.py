"""From the question to the run: whichever process is alive runs an approved call, once, with the sealed input."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry import hands
from registry.abandoned import end_abandoned
from registry.approvals.decide import approve, refuse
from registry.approvals.unanswered import expire_overdue
from registry.execution.resume import claim, resume
from registry.execution.types import Mode, Outcome
from registry.models import Approval, Execution, PermissionRule
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor
from registry.permissions.rules import change_rule
from registry.publish import publish_version
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, execution_of, told
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
INPUT = {"account": 7, "email": "ada@example.com"}

DIE_AFTER_APPROVING = """
import os, signal, sys
import django
django.setup()
from uuid import UUID
from accounts.caller import System
from accounts.tenancy import within
from registry.approvals import decide
from registry.models import Approval
decide.wake = lambda *_: None
tenant, approval = map(UUID, sys.argv[1:])
with within(tenant):
    decide.approve(approval=Approval.objects.get(id=approval), by=System("tests"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def rule(acme: Tenant, register: Register) -> PermissionRule:
    register()
    return rule_for(acme)


def ask(acme: Tenant, corridor: Corridor, **more: Any) -> Approval:
    outcome = corridor.call("crm-find", INPUT, **more)
    assert (outcome.status, outcome.waits_for) == (Status.PENDING, "approval")
    return approvals(acme)[-1]


def yes(approval: Approval, by: Person) -> None:
    with within(approval.tenant_id):
        approve(approval=approval, by=caller_of(by))


def take_up(corridor: Corridor, approval: Approval) -> Outcome | None:
    return corridor.loop.run(resume(approval.tenant_id, approval.execution_id))


def test_an_approved_call_runs_with_the_input_that_was_sent(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(input_schema={"type": "object"})
    rule_for(acme)
    corridor.call("crm-find", {"account": 7, "password": "hunter2"})
    approval = approvals(acme)[-1]
    assert "hunter2" not in str(approval.input)
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert (outcome.id, outcome.status, outcome.output) == (approval.execution_id, Status.SUCCEEDED, {"ok": True})
    assert [received.json for received in upstream.received] == [{"account": 7, "password": "hunter2"}]
    execution = execution_of(approval)
    assert (execution.status, execution.sealed_input, execution.waits_for) == (Status.SUCCEEDED, None, "")
    assert told(approval) == ["approval.requested", "approval.approved", "execution.succeeded"]


def test_it_runs_once_however_many_take_it_up(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    yes(approval, bob)
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda _: take_up(corridor, approval), range(4)))
    assert sum(end is not None for end in ends) == 1
    assert len(upstream.received) == 1


def test_nothing_runs_before_somebody_has_approved(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    assert take_up(corridor, approval) is None
    corridor.loop.run(hands.take_due())
    end_abandoned(at=timezone.now() + timedelta(days=1))
    assert execution_of(approval).waits_for == WaitsFor.APPROVAL
    assert upstream.received == []


def test_nothing_runs_that_was_refused(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    with within(acme.id):
        refuse(approval=approval, by=caller_of(bob))
    assert take_up(corridor, approval) is None
    assert upstream.received == []


def test_nothing_runs_that_expired(acme: Tenant, corridor: Corridor, rule: PermissionRule, upstream: Upstream) -> None:
    approval = ask(acme, corridor)
    expire_overdue(at=timezone.now() + timedelta(hours=2))
    assert take_up(corridor, approval) is None
    assert upstream.received == []


def test_a_killed_process_loses_no_answer(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    arguments = [sys.executable, "-c", DIE_AFTER_APPROVING, str(acme.id), str(approval.id)]
    died = subprocess.run(arguments, cwd=ROOT, env=dict(os.environ), timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert execution_of(approval).waits_for == WaitsFor.WORKER
    assert upstream.received == []
    corridor.loop.run(hands.take_due())
    until(lambda: execution_of(approval).status == Status.SUCCEEDED)
    assert len(upstream.received) == 1


def test_a_call_whose_process_died_is_taken_up_again_under_the_same_approval(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(idempotent=True)
    rule_for(acme)
    approval = ask(acme, corridor)
    yes(approval, bob)
    assert claim(acme.id, approval.execution_id) is not None  # and then its process is gone
    end_abandoned(at=timezone.now() + timedelta(minutes=5))
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert outcome.status == Status.SUCCEEDED
    assert len(upstream.received) == 1
    assert len(approvals(acme)) == 1


def test_a_call_that_is_not_safe_to_repeat_is_not_taken_up_again(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    yes(approval, bob)
    assert claim(acme.id, approval.execution_id) is not None
    end_abandoned(at=timezone.now() + timedelta(minutes=5))
    execution = execution_of(approval)
    assert execution.error is not None
    assert (execution.status, execution.error["code"]) == (Status.FAILED, "outcome_unknown")
    assert take_up(corridor, approval) is None
    assert upstream.received == []


def test_a_key_replays_the_question_the_answer_and_the_outcome(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor, idempotency_key="order-1")
    again = corridor.call("crm-find", INPUT, idempotency_key="order-1")
    assert (again.id, again.status, again.replayed) == (approval.execution_id, Status.PENDING, True)
    yes(approval, bob)
    take_up(corridor, approval)
    at_last = corridor.call("crm-find", INPUT, idempotency_key="order-1")
    assert (at_last.id, at_last.status) == (approval.execution_id, Status.SUCCEEDED)
    assert len(approvals(acme)) == 1
    assert len(upstream.received) == 1


def test_a_key_replays_a_refusal(acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person) -> None:
    approval = ask(acme, corridor, idempotency_key="order-1")
    with within(acme.id):
        refuse(approval=approval, by=caller_of(bob), reason="Not today.")
    again = corridor.call("crm-find", INPUT, idempotency_key="order-1")
    assert (again.id, again.status) == (approval.execution_id, Status.REFUSED)
    assert again.error is not None
    assert again.error["detail"] == "Bob refused this call: Not today."
    assert len(approvals(acme)) == 1


def test_a_version_that_came_meanwhile_is_not_run_in_its_place(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    tool = register()
    rule_for(acme)
    approval = ask(acme, corridor)
    with within(acme.id):
        definition = {"method": "POST", "url": f"{upstream.url}/other"}
        publish_version(tool=tool, by=manager_of(acme), spec={"version": "1.1.0", "definition": definition})
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert (outcome.status, outcome.version) == (Status.SUCCEEDED, "1.0.0")
    assert [received.path for received in upstream.received] == ["/contacts"]


def test_a_denial_that_came_meanwhile_still_denies(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    with within(acme.id):
        change_rule(rule=rule, by=manager_of(acme), changes={"effect": "deny"})
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert outcome.status == Status.REFUSED
    assert outcome.error is not None
    assert outcome.error["code"] == "forbidden"
    assert upstream.received == []


def test_an_agent_that_was_disabled_meanwhile_calls_nothing(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, scout: Agent, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    yes(approval, bob)
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(enabled=False)
    assert take_up(corridor, approval) is None
    assert execution_of(approval).status == Status.REFUSED
    assert upstream.received == []


def test_a_caller_takes_its_question_back(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, upstream: Upstream
) -> None:
    approval = ask(acme, corridor)
    answer = corridor.post(f"executions/{approval.execution_id}/cancel/", {})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    (withdrawn,) = approvals(acme)
    assert (withdrawn.state, withdrawn.decided_by) == (ApprovalState.WITHDRAWN, approval.asked_by)
    assert told(approval) == ["approval.requested", "approval.withdrawn", "execution.cancelled"]
    assert upstream.received == []


def test_a_question_holds_no_place_among_those_that_run(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(concurrency={"most": 1})
    rule_for(acme)
    first, second = ask(acme, corridor), ask(acme, corridor)
    for approval in (first, second):
        yes(approval, bob)
        outcome = take_up(corridor, approval)
        assert outcome is not None
        assert outcome.status == Status.SUCCEEDED
    assert len(upstream.received) == 2


def test_an_asynchronous_call_is_asked_about_at_once(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    approval = ask(acme, corridor, mode=Mode.ASYNC)
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert (outcome.status, outcome.mode) == (Status.SUCCEEDED, "async")


def test_a_streamed_call_is_answered_like_any_other_when_it_has_to_wait(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    answer = corridor.post("tools/crm-find/execute/", {"input": INPUT, "mode": "stream"})
    assert (answer.status_code, answer.json()["waits_for"]) == (202, "approval")
    approval = approvals(acme)[-1]
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert outcome.status == Status.SUCCEEDED
    assert len(upstream.received) == 1


def test_one_call_of_a_batch_waits_while_the_others_run(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register()
    register(slug="shop-find")
    rule_for(acme)
    calls = [{"id": "crm", "tool": "crm-find", "input": INPUT}, {"id": "shop", "tool": "shop-find", "input": INPUT}]
    results = corridor.post("executions/batch/", {"calls": calls}).json()["outcomes"]
    assert {each["id"]: each["status"] for each in results} == {"crm": "pending", "shop": "succeeded"}
    assert len(upstream.received) == 1
    approval = approvals(acme)[-1]
    yes(approval, bob)
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert outcome.status == Status.SUCCEEDED
    assert len(upstream.received) == 2


def test_a_tool_that_only_reads_is_asked_about_too(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(read_only=True)
    rule_for(acme)
    approval = ask(acme, corridor)
    yes(approval, bob)
    assert upstream.received == []
    outcome = take_up(corridor, approval)
    assert outcome is not None
    assert outcome.status == Status.SUCCEEDED


def test_a_changed_row_lets_nothing_pass(
    acme: Tenant, corridor: Corridor, rule: PermissionRule, bob: Person, upstream: Upstream
) -> None:
    """Whoever swaps the sealed inputs of two calls in the database gets neither of them run."""
    first = ask(acme, corridor)
    yes(first, bob)
    with within(acme.id):
        Execution.objects.filter(id=first.execution_id).update(operation="delete")
    outcome = take_up(corridor, first)
    assert outcome is not None
    assert outcome.status == Status.REFUSED
    assert upstream.received == []
