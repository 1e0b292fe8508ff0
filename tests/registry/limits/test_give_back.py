"""Places in quotas of calls that waited, and were refused after all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.models import Agent, ApiKey, Person, Tenant
from accounts.tenancy import within
from registry.approvals.decide import approve, refuse
from registry.approvals.unanswered import expire_overdue
from registry.cancel import cancel_execution
from registry.enable import disable_tool
from registry.execution.resume import resume
from registry.limits.bounds import quota_keys
from registry.models import Approval, Tool
from registry.models.execution import Status
from tests.cast import CASTING
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, execution_of
from tests.registry.execution.calls import a_caller
from tests.registry.limits.redis import forget_all_limits, keys_like, valkey
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


@pytest.fixture
def approval(acme: Tenant, scout: Agent, corridor: Corridor, register: Register) -> Approval:
    """Of a call that waits for a person, and has one place in each of four quotas."""
    register(quota={"per_day": 1, "per_month": 5})
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(quota={"per_day": 5})
        Tenant.objects.filter(id=acme.id).update(quota={"per_month": 5})
    rule_for(acme)
    corridor.call("crm-find", INPUT)
    return approvals(acme)[-1]


def used() -> list[int]:
    with valkey() as server:
        return [
            int(server.get(key) or 0) for pattern in ("day", "month") for key in keys_like(f"qm:limit:*:{pattern}:*")
        ]


def by_a_person(approval: Approval, bob: Person, corridor: Corridor) -> None:
    with within(approval.tenant_id):
        refuse(approval=approval, by=caller_of(bob))


def for_want_of_an_answer(approval: Approval, bob: Person, corridor: Corridor) -> None:
    expire_overdue(at=approval.expires_at + timedelta(seconds=1))


def by_the_worker(approval: Approval, bob: Person, corridor: Corridor) -> None:
    with within(approval.tenant_id):
        approve(approval=approval, by=caller_of(bob))
        ApiKey.objects.update(revoked_at=timezone.now())
    corridor.loop.run(resume(approval.tenant_id, approval.execution_id))
    with within(approval.tenant_id):
        ApiKey.objects.update(revoked_at=None)


def by_a_step_of_the_second_walk(approval: Approval, bob: Person, corridor: Corridor) -> None:
    with within(approval.tenant_id):
        approve(approval=approval, by=caller_of(bob))
        disable_tool(tool=Tool.objects.get(), by=CASTING)
    corridor.loop.run(resume(approval.tenant_id, approval.execution_id))


WAYS = [by_a_person, for_want_of_an_answer, by_the_worker, by_a_step_of_the_second_walk]


@pytest.mark.parametrize("refused", WAYS)
def test_a_call_that_is_refused_after_it_waited_gives_its_places_back(
    refused: Callable[[Approval, Person, Corridor], None],
    approval: Approval,
    corridor: Corridor,
    bob: Person,
    upstream: Upstream,
) -> None:
    assert used() == [1, 1, 1, 1]
    refused(approval, bob, corridor)
    assert execution_of(approval).status == Status.REFUSED
    assert used() == [0, 0, 0, 0]
    assert upstream.received == []


def test_a_call_that_was_cancelled_keeps_its_places(approval: Approval) -> None:
    with within(approval.tenant_id):
        caller = a_caller(tenant_id=approval.tenant_id, agent_id=approval.agent_id)
        cancel_execution(execution=execution_of(approval), by=caller)
    assert used() == [1, 1, 1, 1]


def test_an_approved_call_keeps_its_places(approval: Approval, bob: Person, corridor: Corridor) -> None:
    with within(approval.tenant_id):
        approve(approval=approval, by=caller_of(bob))
    outcome = corridor.loop.run(resume(approval.tenant_id, approval.execution_id))
    assert outcome is not None
    assert outcome.status == Status.SUCCEEDED
    assert used() == [1, 1, 1, 1]


def test_a_count_that_redis_has_lost_is_left_to_be_made_again(
    approval: Approval, bob: Person, corridor: Corridor
) -> None:
    forget_all_limits()
    by_a_person(approval, bob, corridor)
    assert used() == []


def test_it_names_the_day_and_month_in_which_the_call_came() -> None:
    tenant, tool = UUID(int=1), UUID(int=2)
    keys = quota_keys(tenant_id=tenant, tool_id=tool, agent_id=None, at=datetime(2026, 11, 29, 23, 59, tzinfo=UTC))
    assert keys == [
        f"qm:limit:{tenant}:tool:{tool}:day:20261129",
        f"qm:limit:{tenant}:tool:{tool}:month:20261101",
        f"qm:limit:{tenant}:own:{tool}:day:20261129",
        f"qm:limit:{tenant}:own:{tool}:month:20261101",
        f"qm:limit:{tenant}:tenant:{tenant}:day:20261129",
        f"qm:limit:{tenant}:tenant:{tenant}:month:20261101",
    ]
