"""Rate, concurrency and quota: refusals send nothing, and what was taken is given back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.limits import Limits
from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from registry.execution import limit
from registry.execution.types import Resumed
from registry.limits import leases
from registry.models.execution import Status
from registry.own_limits import set_own_limits
from registry.register import register_tool
from tests.cast import CASTING
from tests.catalogue import Register
from tests.corridor import Corridor, Loop
from tests.patience import until
from tests.registry.execution.calls import a_call, a_caller, a_target
from tests.registry.execution.rows import executions
from tests.registry.limits.redis import answering_late, asked, forget_all_limits, held_leases, valkey
from tests.upstream import Scripted, Upstream

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
    assert refused_detail(corridor).startswith("The rate limit of the tool `crm-find` is used up: 1 call per minute")
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
    assert refused_detail(corridor).startswith("The rate limit of your agent is used up: 1 call per minute")


def test_it_limits_a_tenant_over_all_its_agents(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    with within(acme.id):
        Tenant.objects.update(rate_limit=ONE)
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert refused_detail(corridor).startswith("The rate limit of your tenant is used up: 1 call per minute")


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


def test_it_lets_so_many_run_at_the_same_time(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(concurrency={"most": 1})
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    refused = corridor.call("crm-find", {"account": 7})
    assert refused.error is not None
    assert refused.error["detail"] == (
        "The concurrency of the tool `crm-find` is used up: 1 at the same time. "
        "Try again when one of the running calls has ended."
    )
    assert (refused.error["limit"], refused.error["retry_after"]) == ({"name": "tool-concurrency", "most": 1}, 1.0)
    leave.set()
    assert running.result(20).status == Status.SUCCEEDED
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED


@pytest.mark.parametrize("answer", [Scripted(500), Scripted(404), Scripted(200, b"not JSON")])
def test_it_gives_a_lease_back_however_the_call_ends(
    corridor: Corridor, register: Register, upstream: Upstream, answer: Scripted
) -> None:
    register(concurrency={"most": 1})
    upstream.will(answer)
    corridor.call("crm-find", {"account": 7})
    corridor.call("crm-find", {"account": "seven"})
    assert held_leases() == 0


def test_it_gives_the_lease_of_a_cancelled_call_back(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(concurrency={"most": 1})
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    assert held_leases() == 1
    running.cancel()
    until(lambda: held_leases() == 0)
    leave.set()


def test_it_gives_the_lease_back_of_a_call_that_is_cancelled_while_it_is_taken(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    register(concurrency={"most": 1})
    corridor.call("crm-find", {"account": 7})  # Redis knows the script from now on
    with answering_late(settings) as somebody_waits:
        running = corridor.start("crm-find", {"account": 7})
        until(somebody_waits)
        running.cancel()
    until(lambda: executions(acme)[-1].status == Status.CANCELLED)
    assert (asked("zadd"), held_leases()) == (1, 0)
    assert len(upstream.received) == 1


def test_it_frees_what_a_killed_process_held(acme: Tenant, corridor: Corridor, register: Register) -> None:
    tool = register(concurrency={"most": 1})
    with valkey() as server:
        server.zadd(f"qm:limit:{acme.id}:tool:{tool.id}:leases", {"gone": 1})
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED


@pytest.mark.parametrize("timeout_ms", [10_000, 60_000])
def test_it_lets_a_lease_live_as_long_as_its_process_says_so(
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    timeout_ms: int,
) -> None:
    monkeypatch.setattr(leases, "EXTEND_SECONDS", 0.05)
    tool = register(concurrency={"most": 1}, timeout_ms=timeout_ms)
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    key = f"qm:limit:{acme.id}:tool:{tool.id}:leases"
    with valkey() as server:
        holder = f"{executions(acme)[0].id}:1"
        server.delete(key)  # not even losing it lets a second call in
        until(lambda: server.zscore(key, holder) is not None)
    leave.set()
    assert running.result(20).status == Status.SUCCEEDED
    assert held_leases() == 0


def test_it_lets_in_as_many_calls_a_day_as_the_quota_says(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(quota={"per_day": 2, "per_month": 100})
    assert [corridor.call("crm-find", {"account": 7}).status for _ in range(2)] == [Status.SUCCEEDED] * 2
    refused = corridor.call("crm-find", {"account": 7})
    assert refused.error is not None
    assert (
        "The quota of the tool `crm-find` is used up: 2 calls per day (UTC). Try again after "
        in (refused.error["detail"])
    )
    assert refused.error["detail"].endswith("00:00 UTC.")
    assert 0 < refused.error["retry_after"] <= 86_400
    assert len(upstream.received) == 2


def test_it_counts_no_call_that_was_refused(corridor: Corridor, register: Register) -> None:
    register(quota={"per_day": 1})
    assert corridor.call("crm-find", {"account": "seven"}).status == Status.REFUSED
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED


def test_it_counts_a_replay_once(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(quota={"per_day": 2})
    for _ in range(3):
        corridor.call("crm-find", {"account": 7}, idempotency_key="k")
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert len(upstream.received) == 2


@pytest.mark.parametrize("holder", ["tool", "agent", "tenant"])
def test_it_counts_again_what_redis_has_forgotten(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, holder: str
) -> None:
    quota = {"per_day": 3, "per_month": 3}
    register(quota=quota if holder == "tool" else None)
    if holder != "tool":
        with within(acme.id):
            (Agent if holder == "agent" else Tenant).objects.update(quota=quota)
    corridor.call("crm-find", {"account": "seven"})
    for _ in range(2):
        assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    forget_all_limits()
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert corridor.call("crm-find", {"account": 7}).status == Status.REFUSED
    assert len(upstream.received) == 3


def test_it_takes_nothing_from_any_limit_when_one_refuses(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_hour": 5}, concurrency={"most": 5}, quota={"per_day": 1})
    register(slug="other")
    with within(acme.id):
        Agent.objects.update(rate_limit={"per_hour": 2}, quota={"per_day": 2})
    corridor.call("crm-find", {"account": 7})
    assert corridor.call("crm-find", {"account": 7}).status == Status.REFUSED
    assert held_leases() == 0
    assert corridor.call("other", {"account": 7}).status == Status.SUCCEEDED


def test_it_puts_a_tenants_own_limits_on_top_of_a_shared_tools(
    acme: Tenant, globex: Tenant, corridor: Corridor, spy_corridor: Corridor
) -> None:
    with platform():
        clock = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin", "read_only": True}
        spec = {**clock, "definition": {"function": "clock"}, "rate_limit": {"per_hour": 2}}
        tool = register_tool(by=CASTING, spec=spec, shared=True)
    with within(globex.id):
        set_own_limits(tool=tool, by=CASTING, changes={"quota": {"per_day": 1}})
    assert [corridor.call("clock", {}).status for _ in range(3)] == [*[Status.SUCCEEDED] * 2, Status.REFUSED]
    assert spy_corridor.call("clock", {}).status == Status.SUCCEEDED
    refused = spy_corridor.call("clock", {})
    assert refused.error is not None
    assert refused.error["detail"].startswith("The quota of your tenant for the tool `clock` is used up: 1 call")


def test_it_takes_only_a_place_for_a_resumed_call() -> None:
    limits = Limits(rate={"per_minute": 1}, concurrency={"most": 5}, quota={"per_day": 1})
    resumed = Resumed(run=2, started_at=datetime.now(UTC))
    met = limit.bounds_on(a_call(resumed=resumed), a_target(limits=limits))
    assert [bound.name for bound in met] == ["tool-concurrency"]


def test_it_keeps_a_composite_from_waiting_for_itself() -> None:
    caller = a_caller(agent_limits=Limits(concurrency={"most": 1}), tenant_limits=Limits(rate={"per_hour": 5}))
    target = a_target(transport="composite", limits=Limits(concurrency={"most": 2}))
    assert [bound.name for bound in limit.bounds_on(a_call(caller=caller), target)] == [
        "tool-concurrency",
        "tenant-hour",
    ]


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"rate_limit": {"per_minute": 1}}, Status.SUCCEEDED),
        ({"concurrency": {"most": 1}}, Status.SUCCEEDED),
        ({"quota": {"per_day": 1}}, Status.REFUSED),
        ({"quota": {"per_day": 1, "without_redis": "open"}}, Status.SUCCEEDED),
        ({"rate_limit": {"per_minute": 1, "without_redis": "closed"}}, Status.REFUSED),
    ],
)
def test_it_does_what_was_chosen_while_redis_is_away(
    register: Register, scout_key: str, upstream: Upstream, settings: Any, tmp_path: Any, limits: Any, status: Status
) -> None:
    register(**limits)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    loop = Loop()
    outcomes = [Corridor(loop, scout_key).call("crm-find", {"account": 7}) for _ in range(2)]
    loop.close()
    assert [outcome.status for outcome in outcomes] == [status] * 2
    if status == Status.REFUSED:
        assert outcomes[0].error is not None
        assert (outcomes[0].error["code"], outcomes[0].error["status"]) == ("unavailable", 503)
        assert "cannot be counted while Redis is away, and it is closed then" in outcomes[0].error["detail"]
        assert upstream.received == []


def test_it_costs_one_round_trip_however_many_limits_there_are(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    everything = {
        "rate_limit": {"per_second": 50, "per_hour": 500},
        "concurrency": {"most": 5},
        "quota": {"per_day": 9},
    }
    register(read_only=True, **everything)
    with within(acme.id):
        Agent.objects.update(**everything)
        Tenant.objects.update(**everything)
    corridor.call("crm-find", {"account": 7})
    with valkey() as server:
        before = server.info("commandstats")
        corridor.call("crm-find", {"account": 7})
        after = server.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    assert calls["cmdstat_evalsha"] == 2  # the limits, and the breaker
    assert calls["cmdstat_zrem"] == 3
