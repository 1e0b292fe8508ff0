import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

# A token a minute: no test is slow enough to see the second one.
ONE = {"per_minute": 1, "burst": 1}


def refused_detail(corridor: Corridor) -> str:
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.status == Status.REFUSED
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["status"]) == ("rate_limited", 429)
    assert 0 < outcome.error["retry_after"] <= 60
    detail: str = outcome.error["detail"]
    return detail


def test_it_refuses_when_a_tools_bucket_is_empty_and_sends_nothing(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(rate_limit={"per_minute": 1, "burst": 2})
    assert [corridor.call("crm-find", {"account": 7}).status for _ in range(2)] == [Status.SUCCEEDED] * 2
    assert refused_detail(corridor).startswith("The rate limit of the tool `crm-find` is used up.")
    assert len(upstream.received) == 2
    assert [row.status for row in executions(acme)] == [Status.SUCCEEDED, Status.SUCCEEDED, Status.REFUSED]


def test_it_takes_the_burst_from_the_rate_when_none_is_given(corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_minute": 1})
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    refused_detail(corridor)


def test_it_limits_an_agent_over_all_its_tools(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register
) -> None:
    register()
    register(slug="other")
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(rate_limit=ONE)
    assert corridor.call("other", {"account": 7}).status == Status.SUCCEEDED
    assert refused_detail(corridor).startswith("The rate limit of your agent is used up.")


def test_it_limits_a_tenant_over_all_its_agents(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    with within(acme.id):
        Tenant.objects.update(rate_limit=ONE)
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert refused_detail(corridor).startswith("The rate limit of your tenant is used up.")


def test_it_takes_no_token_from_one_bucket_when_another_is_empty(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register
) -> None:
    register(rate_limit=ONE)
    register(slug="other")
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(rate_limit={"per_minute": 1, "burst": 2})
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    refused_detail(corridor)
    assert corridor.call("other", {"account": 7}).status == Status.SUCCEEDED


def test_it_fills_up_again(corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_minute": 1_000_000, "burst": 1})
    for _ in range(3):
        assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
