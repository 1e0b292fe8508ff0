from typing import Any

import pytest
import redis
from django.conf import settings

from accounts.models import Tenant
from registry.execution import guard
from registry.execution.types import Outcome
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def call(corridor: Corridor, times: int = 1) -> list[Outcome]:
    return [corridor.call("crm-find", {"account": 7}) for _ in range(times)]


def codes(outcomes: list[Outcome]) -> list[str | None]:
    return [outcome.error["code"] if outcome.error else None for outcome in outcomes]


def breakers() -> list[Any]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        return [server.hgetall(key) for key in server.scan_iter("qm:breaker:*")]


def let_time_pass() -> None:
    """As if OPEN_SECONDS had gone by: the circuit may be tried."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        for key in server.scan_iter("qm:breaker:*"):
            server.hset(key, "open_until", 1)


def test_it_opens_after_failures_in_a_row_and_leaves_the_upstream_alone(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    outcomes = call(corridor, guard.FAILURES + 2)
    assert codes(outcomes) == ["upstream_error"] * guard.FAILURES + ["circuit_open"] * 2
    assert len(upstream.received) == guard.FAILURES
    last = outcomes[-1]
    assert last.error is not None
    assert (last.status, last.error["status"]) == (Status.REFUSED, 503)
    assert 0 < last.error["retry_after"] <= guard.OPEN_SECONDS
    assert len(executions(acme)) == guard.FAILURES + 2


def test_it_closes_when_the_trial_succeeds(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(*[Scripted(500)] * guard.FAILURES, Scripted(200))
    call(corridor, guard.FAILURES)
    let_time_pass()
    assert codes(call(corridor, 3)) == [None, None, None]
    assert breakers() == []


def test_it_opens_again_when_the_trial_fails(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(500))
    call(corridor, guard.FAILURES)
    let_time_pass()
    assert codes(call(corridor, 2)) == ["upstream_error", "circuit_open"]


def test_it_lets_one_call_try_while_others_wait(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(*[Scripted(500)] * guard.FAILURES, Scripted(200))
    call(corridor, guard.FAILURES)
    let_time_pass()
    upstream.will(Scripted(200, before=lambda: call_twice.append(call(corridor)[0])))
    call_twice: list[Outcome] = []
    running = corridor.start("crm-find", {"account": 7})
    assert running.result(20).status == Status.SUCCEEDED
    assert codes(call_twice) == ["circuit_open"]


def test_it_does_not_count_the_callers_own_mistakes(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(404))
    assert codes(call(corridor, guard.FAILURES + 1)) == ["upstream_error"] * (guard.FAILURES + 1)
    assert breakers() == []


def test_it_forgets_failures_after_a_success(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    almost = [Scripted(500)] * (guard.FAILURES - 1)
    upstream.will(*almost, Scripted(200), *almost, Scripted(200))
    assert codes(call(corridor, 2 * guard.FAILURES)).count("circuit_open") == 0


def test_it_guards_each_tenant_by_itself(
    globex: Tenant, corridor: Corridor, spy_corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    register(tenant=globex)
    upstream.will(*[Scripted(500)] * guard.FAILURES, Scripted(200))
    call(corridor, guard.FAILURES)
    assert codes(call(spy_corridor)) == [None]
