from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from registry.approvals.unanswered import expire_overdue, withdraw
from registry.models import Approval, Execution
from registry.models.approval import ApprovalState
from registry.models.execution import Status, WaitsFor
from registry.tasks import expire_approvals
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.questions import approvals, execution_of, told, waiting
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(hours=2)


def test_it_ends_what_nobody_answered(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7}, idempotency_key="order-1")
    assert expire_overdue(at=timezone.now() + LATER) == 1
    (approval,) = approvals(acme)
    assert (approval.state, approval.decided_by) == (ApprovalState.EXPIRED, "system:approvals")
    execution = execution_of(approval)
    assert (execution.status, execution.waits_for, execution.sealed_input) == (Status.REFUSED, "", None)
    assert execution.error is not None
    assert execution.error["code"] == "forbidden"
    assert execution.error["detail"] == (
        "Nobody answered within 3600 seconds, so this was not run. Call again to ask again."
    )
    assert execution.finished_at is not None
    assert told(approval) == ["approval.requested", "approval.expired", "execution.refused"]
    assert upstream.received == []


def test_its_key_may_be_used_again(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    waiting(corridor, acme, {"account": 7}, idempotency_key="order-1")
    expire_overdue(at=timezone.now() + LATER)
    waiting(corridor, acme, {"account": 7}, idempotency_key="order-1")
    assert [each.state for each in approvals(acme)] == [ApprovalState.EXPIRED, ApprovalState.WAITING]


def test_it_leaves_alone_what_still_has_time(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7})
    expire_approvals()
    assert execution_of(approval).waits_for == WaitsFor.APPROVAL
    assert told(approval) == ["approval.requested"]


def test_it_leaves_alone_what_was_decided(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7})
    with within(acme.id):
        Approval.objects.update(state=ApprovalState.APPROVED, decided_at=timezone.now())
        Execution.objects.update(waits_for=WaitsFor.WORKER)
    assert expire_overdue(at=timezone.now() + LATER) == 0
    assert execution_of(approval).status == Status.PENDING


def test_it_closes_the_question_of_an_execution_that_ended_otherwise(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7})
    with within(acme.id):
        Execution.objects.update(status=Status.CANCELLED, waits_for="")
    expire_overdue(at=timezone.now() + LATER)
    assert approvals(acme)[0].state == ApprovalState.EXPIRED
    assert execution_of(approval).status == Status.CANCELLED
    assert told(approval) == ["approval.requested", "approval.expired"]


def test_it_takes_a_question_back(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7})
    with within(acme.id):
        withdraw(execution=execution_of(approval), actor=approval.asked_by)
    (approval,) = approvals(acme)
    assert (approval.state, approval.decided_by) == (ApprovalState.WITHDRAWN, approval.asked_by)
    assert told(approval) == ["approval.requested", "approval.withdrawn"]


def test_it_takes_back_nothing_of_an_execution_that_asked_nobody(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    first = waiting(corridor, acme, {"account": 7})
    with within(acme.id):
        execution = execution_of(first)
        Approval.objects.update(state=ApprovalState.APPROVED, decided_at=timezone.now())
        withdraw(execution=execution, actor=first.asked_by)
    assert approvals(acme)[0].state == ApprovalState.APPROVED
