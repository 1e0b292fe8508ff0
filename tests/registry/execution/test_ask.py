from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.decisions import Decision
from accounts.errors import Throttled
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.approvals import request
from registry.approvals.request import request_approval
from registry.errors import Cancelled, NotApproved
from registry.execution.resolve import resolve
from registry.execution.types import Resumed, ToolCall
from registry.models import Approval, Execution
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor
from registry.publish import publish_version
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.locks import somebody_waits_for_a_lock
from tests.patience import until
from tests.registry.approvals.questions import approvals, asked, execution_of, opened, told, waiting
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7, "email": "ada@example.com"}


def answered(call: ToolCall, state: ApprovalState = ApprovalState.APPROVED, **changes: Any) -> ToolCall:
    """The call as a process takes it up again after an answer."""
    with within(call.caller.tenant_id):
        Approval.objects.update(state=state, decided_at=timezone.now(), **changes)
        Execution.objects.update(status=Status.RUNNING, waits_for="", run=2)
    return replace(call, resumed=Resumed(run=2, started_at=timezone.now()))


def test_it_lets_an_allowed_call_pass(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    assert asked(corridor, opened(corridor, INPUT), Decision.ALLOW) is None
    assert approvals(acme) == []


def test_it_stores_who_wants_what_and_lets_the_execution_wait(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    call = opened(corridor, INPUT)
    execution = asked(corridor, call)
    assert execution is not None
    assert (execution.id, execution.status, execution.waits_for) == (call.execution_id, "pending", "approval")
    (approval,) = approvals(acme)
    stored = execution_of(approval)
    assert (stored.status, stored.waits_for, stored.lease_until) == (Status.PENDING, WaitsFor.APPROVAL, None)
    assert stored.sealed_input is not None
    assert (approval.state, approval.tool_id, approval.version) == (ApprovalState.WAITING, tool.id, "1.0.0")
    assert approval.asked_by == f"agent:{approval.agent_id}"
    assert approval.input == stored.input
    assert approval.expires_at - approval.requested_at == timedelta(hours=1)
    assert told(approval) == ["approval.requested"]
    assert upstream.received == []


def test_it_shows_people_the_redacted_input_only(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register(input_schema={"type": "object"})
    approval = waiting(corridor, acme, {"account": 7, "password": "hunter2"})
    assert approval.input == {"account": 7, "password": "[redacted:field]"}
    with within(acme.id):
        assert "hunter2" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_it_seals_the_digest_so_that_no_input_can_be_guessed(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    one, other = (bytes(waiting(corridor, acme, INPUT).input_digest) for _ in range(2))
    assert one != other


def test_it_gives_people_as_long_as_their_tenant_says(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    with within(acme.id):
        Tenant.objects.update(approval_expires_seconds=90)
    approval = waiting(corridor, acme, INPUT)
    assert approval.expires_at - approval.requested_at == timedelta(seconds=90)


def test_it_lets_an_approved_call_pass(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    assert asked(corridor, answered(call)) is None
    assert len(approvals(acme)) == 1


@pytest.mark.parametrize("state", [ApprovalState.REFUSED, ApprovalState.EXPIRED, ApprovalState.WITHDRAWN])
def test_it_refuses_what_nobody_approved(
    corridor: Corridor, register: Register, upstream: Upstream, state: ApprovalState
) -> None:
    register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    with pytest.raises(NotApproved, match=f"Nobody has approved this call: the approval is {state}"):
        asked(corridor, answered(call, state))
    assert upstream.received == []


def test_it_refuses_an_answer_that_is_too_old(corridor: Corridor, register: Register) -> None:
    register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    with pytest.raises(NotApproved, match="expired before a process could run the call"):
        asked(corridor, answered(call, expires_at=timezone.now() - timedelta(seconds=1)))


def test_it_runs_no_other_version_than_the_one_that_was_seen(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    tool = register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    with within(acme.id):
        publish_version(tool=tool, by=manager_of(acme), spec={"version": "1.1.0"})
    later = replace(answered(call), caller=replace(call.caller, generation=call.caller.generation + 1))
    with pytest.raises(NotApproved, match=r"Version 1.0.0 of `crm-find` was approved.*would now run version 1.1.0"):
        asked(corridor, later)


@pytest.mark.parametrize("changes", [{"input": {"account": 8}}, {"operation": "delete"}])
def test_it_lets_no_other_input_pass(corridor: Corridor, register: Register, changes: dict[str, Any]) -> None:
    register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    with pytest.raises(NotApproved, match="Another input was approved"):
        asked(corridor, replace(answered(call), **changes))


def test_it_takes_the_same_input_in_another_order(corridor: Corridor, register: Register) -> None:
    register()
    call = opened(corridor, INPUT)
    asked(corridor, call)
    assert asked(corridor, replace(answered(call), input=dict(reversed(INPUT.items())))) is None


def test_it_asks_for_a_resumed_call_that_nobody_was_asked_about(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    execution = asked(corridor, answered(opened(corridor, INPUT)))
    assert execution is not None
    assert execution.waits_for == WaitsFor.APPROVAL
    assert len(approvals(acme)) == 1


def test_it_leaves_an_execution_alone_that_another_process_took_up(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    call = opened(corridor, INPUT)
    answered(call)
    execution = asked(corridor, call)
    assert execution is not None
    assert (execution.status, execution.run) == (Status.RUNNING, 2)
    assert approvals(acme) == []


def test_it_asks_nobody_about_a_call_that_was_cancelled(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    call = opened(corridor, INPUT)
    with within(acme.id):
        Execution.objects.update(cancel_requested_at=timezone.now())
    with pytest.raises(Cancelled):
        asked(corridor, call)
    assert approvals(acme) == []


def test_it_lets_no_agent_bury_people_in_questions(
    acme: Tenant, corridor: Corridor, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "MOST_WAITING", 2)
    register()
    for _ in range(2):
        waiting(corridor, acme, INPUT)
    with pytest.raises(Throttled, match="2 calls of yours wait for a person's approval already"):
        asked(corridor, opened(corridor, INPUT))
    assert len(approvals(acme)) == 2


def test_it_lets_no_agent_ask_more_by_asking_at_once(
    acme: Tenant, corridor: Corridor, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "MOST_WAITING", 1)
    register()
    first, second = opened(corridor, INPUT), opened(corridor, INPUT)
    with ThreadPoolExecutor(1) as pool:
        with within(acme.id):
            target = corridor.loop.run(resolve(first))
            request_approval(call=first, target=target, rule_id=None, why="")
            asking = pool.submit(asked, corridor, second)
            until(lambda: asking.done() or somebody_waits_for_a_lock())
        with pytest.raises(Throttled, match="1 calls of yours wait"):
            asking.result(20)
    (approval,) = approvals(acme)
    assert approval.execution_id == first.execution_id
