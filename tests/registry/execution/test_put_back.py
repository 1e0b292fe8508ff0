"""What a process lets go of without an outcome, so that another one takes it up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.models import Person, Tenant
from accounts.tenancy import within
from registry.abandoned import end_abandoned
from registry.approvals.decide import approve
from registry.execution import watch
from registry.execution.resume import claim, resume
from registry.models import Approval, Execution
from registry.models.execution import Status, WaitsFor
from tests.catalogue import Register
from tests.corridor import Corridor, Loop
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, execution_of
from tests.registry.execution.rows import entries
from tests.registry.limits.redis import valkey
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


async def close_at_once() -> None:
    watch.watch().begin_to_close(0)


def approved_in_a_batch(acme: Tenant, corridor: Corridor, bob: Person) -> Approval:
    """Its batch has been answered: `pending`."""
    corridor.post("executions/batch/", {"calls": [{"id": "crm", "tool": "crm-find", "input": INPUT}]})
    return approved(approvals(acme)[-1], bob)


def approved(approval: Approval, bob: Person) -> Approval:
    with within(approval.tenant_id):
        return approve(approval=approval, by=caller_of(bob))


def test_it_gives_back_an_approved_call_whose_batch_is_over(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(idempotent=True)
    rule_for(acme)
    approval = approved_in_a_batch(acme, corridor, bob)
    arrived, leave = upstream.will_wait()
    running = own_loop.start(resume(acme.id, approval.execution_id))
    assert arrived.wait(10)
    own_loop.run(close_at_once())
    outcome = running.result(20)
    leave.set()
    assert outcome is not None
    assert (outcome.status, outcome.waits_for, outcome.error) == (Status.PENDING, "worker", None)
    assert entries(acme, outcome) == []


def test_it_is_taken_up_again_when_its_worker_was_killed(
    acme: Tenant, corridor: Corridor, register: Register, bob: Person, upstream: Upstream
) -> None:
    register(idempotent=True)
    rule_for(acme)
    approval = approved_in_a_batch(acme, corridor, bob)
    assert claim(acme.id, approval.execution_id) is not None
    end_abandoned(at=timezone.now() + timedelta(minutes=5))
    row = execution_of(approval)
    assert (row.status, row.waits_for, row.error) == (Status.PENDING, WaitsFor.WORKER, None)
    assert upstream.received == []


def test_it_leaves_a_call_to_the_batch_that_still_runs(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register(idempotent=True)
    arrived, leave = upstream.will_wait()
    batch = {"calls": [{"id": "crm", "tool": "crm-find", "input": INPUT}]}
    running = own_loop.start(corridor.api.post("executions/batch/", batch))
    assert arrived.wait(10)
    own_loop.run(close_at_once())
    [told] = running.result(20).json()["outcomes"]
    leave.set()
    assert (told["status"], told["error"]["code"]) == ("failed", "unavailable")


@pytest.mark.parametrize(
    ("answered_ago", "status", "code"),
    [(timedelta(0), Status.PENDING, None), (timedelta(hours=1), Status.REFUSED, "rate_limited")],
)
def test_it_puts_an_approved_call_off_for_an_hour_after_the_answer(
    answered_ago: timedelta,
    status: Status,
    code: str | None,
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    bob: Person,
    upstream: Upstream,
) -> None:
    tool = register(concurrency={"most": 1})
    rule_for(acme)
    corridor.call("crm-find", INPUT)
    approval = approved(approvals(acme)[-1], bob)
    with within(acme.id):
        Execution.objects.update(started_at=timezone.now() - timedelta(hours=5))
        Approval.objects.update(decided_at=timezone.now() - answered_ago)
    with valkey() as server:
        server.zadd(f"qm:limit:{acme.id}:tool:{tool.id}:leases", {"another": 9e15})
    outcome = corridor.loop.run(resume(acme.id, approval.execution_id))
    assert outcome is not None
    assert (outcome.status, outcome.error and outcome.error["code"]) == (status, code)
    assert upstream.received == []
