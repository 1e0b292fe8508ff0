from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.breakers.circuit import circuit_of
from registry.breakers.hold import hold_breaker, release_breaker
from registry.breakers.settings import USUAL, BreakerSettings
from registry.execution import watch
from registry.execution.guard import guard
from registry.execution.passage import Passage
from registry.execution.types import Ending, Outcome, Resumed, Target, ToolCall
from registry.models import Execution
from registry.models.breaker import Hold
from registry.models.execution import Status
from tests.cast import CASTING
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor, Loop
from tests.patience import until
from tests.registry.execution.calls import a_call, a_target
from tests.registry.execution.rows import executions
from tests.registry.limits.redis import answering_late, asked, held_leases, valkey
from tests.registry.trail import share
from tests.servers import Servers
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def call(corridor: Corridor, times: int = 1) -> list[Outcome]:
    return [corridor.call("crm-find", {"account": 7}) for _ in range(times)]


def codes(outcomes: list[Outcome]) -> list[str | None]:
    return [outcome.error["code"] if outcome.error else None for outcome in outcomes]


def breakers() -> list[Any]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        return [server.hgetall(key) for key in server.scan_iter("qm:breaker:*") if server.type(key) == b"hash"]


def counted() -> tuple[int, int]:
    """Calls and failures in the window."""
    found = breakers()
    return tuple(  # type: ignore[return-value]
        sum(int(value) for breaker in found for name, value in breaker.items() if name.startswith(word))
        for word in (b"c", b"f")
    )


async def close_at_once() -> None:
    watch.watch().begin_to_close(0)


async def extend_leases() -> None:
    await watch.watch().extend()


def actions(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(action__startswith="breaker.").order_by("id")
        return list(rows.values_list("action", flat=True))


def let_time_pass() -> None:
    """As if OPEN_SECONDS had gone by: the circuit may be tried."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        for key in server.scan_iter("qm:breaker:*"):
            if server.hget(key, "state") == b"open":
                server.hset(key, "until", 1)


def half_open(call: ToolCall, target: Target) -> str:
    """The key of its trials."""
    key, trials, _, *_ = circuit_of(call.caller.tenant_id, target.version_id).keys
    with valkey() as server:
        server.hset(key, mapping={"state": "half_open", "passed": 0})
    return trials


def test_it_opens_after_failures_in_a_row_and_leaves_the_upstream_alone(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    outcomes = call(corridor, USUAL.minimum_calls + 2)
    assert codes(outcomes) == ["upstream_error"] * USUAL.minimum_calls + ["circuit_open"] * 2
    assert len(upstream.received) == USUAL.minimum_calls
    last = outcomes[-1]
    assert last.error is not None
    assert (last.status, last.error["status"]) == (Status.REFUSED, 503)
    assert 0 < last.error["retry_after"] <= USUAL.open_seconds
    assert len(executions(acme)) == USUAL.minimum_calls + 2


def test_it_closes_when_the_trial_succeeds(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(*[Scripted(500)] * USUAL.minimum_calls, Scripted(200))
    call(corridor, USUAL.minimum_calls)
    let_time_pass()
    assert codes(call(corridor, 3)) == [None, None, None]
    (breaker,) = breakers()
    assert b"state" not in breaker


def test_it_opens_again_when_the_trial_fails(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(500))
    call(corridor, USUAL.minimum_calls)
    let_time_pass()
    assert codes(call(corridor, 2)) == ["upstream_error", "circuit_open"]


def test_it_lets_one_call_try_while_others_wait(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(*[Scripted(500)] * USUAL.minimum_calls, Scripted(200))
    call(corridor, USUAL.minimum_calls)
    let_time_pass()
    upstream.will(Scripted(200, before=lambda: call_twice.append(call(corridor)[0])))
    call_twice: list[Outcome] = []
    running = corridor.start("crm-find", {"account": 7})
    assert running.result(20).status == Status.SUCCEEDED
    assert codes(call_twice) == ["circuit_open"]


def test_it_does_not_count_the_callers_own_mistakes(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(404))
    assert codes(call(corridor, USUAL.minimum_calls + 1)) == ["upstream_error"] * (USUAL.minimum_calls + 1)
    assert counted() == (0, 0)


def test_it_learns_nothing_from_what_could_not_be_sent(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    definition = {"method": "POST", "url": f"{upstream.url}/{{account}}"}
    register(definition=definition, input_schema={"type": "object"}, breaker={"minimum_calls": 1})
    upstream.will(Scripted(500))
    corridor.call("crm-find", {"account": "ada"})
    let_time_pass()
    assert codes([corridor.call("crm-find", {"account": ".."})]) == ["invalid_input"]
    assert breakers()[0][b"state"] == b"half_open"
    assert held_leases("qm:breaker:*:trials") == 0


def test_it_opens_by_the_share_of_calls_that_fail(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(breaker={"minimum_calls": 4, "failure_rate": 0.6})
    upstream.will(Scripted(200), Scripted(500), Scripted(500), Scripted(200), Scripted(500))
    assert codes(call(corridor, 6)) == [
        None,
        "upstream_error",
        "upstream_error",
        None,
        "upstream_error",
        "circuit_open",
    ]


def test_it_opens_for_no_few_calls(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(breaker={"minimum_calls": 100})
    upstream.will(Scripted(500))
    assert "circuit_open" not in codes(call(corridor, 12))
    assert counted() == (12, 12)


def test_it_forgets_what_lies_before_the_window(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(breaker={"minimum_calls": 3, "window_seconds": 60})
    upstream.will(Scripted(500))
    call(corridor, 2)
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        (key,) = server.scan_iter("qm:breaker:*")
        for name, number in server.hgetall(key).items():
            if name.startswith(b"n"):
                server.hset(key, name, int(number) - 10)
    assert codes(call(corridor, 2)) == ["upstream_error"] * 2


def test_it_counts_no_call_that_was_cancelled(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    assert counted() == (1, 0)
    running.cancel()
    until(lambda: counted() == (0, 0))
    leave.set()


def test_it_frees_the_place_of_a_trial_that_is_cancelled_while_it_is_let_in(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    tool = register(breaker={"minimum_calls": 1})
    call(corridor)  # Redis knows the script from now on
    with within(acme.id):
        trials = half_open(a_call(caller=manager_of(acme)), a_target(version_id=tool.versions.get().id))
    with answering_late(settings) as somebody_waits:
        running = corridor.start("crm-find", {"account": 7})
        until(somebody_waits)
        running.cancel()
    until(lambda: executions(acme)[-1].status == Status.CANCELLED)
    assert (asked("zadd"), held_leases(trials)) == (1, 0)
    assert len(upstream.received) == 1


def test_it_frees_the_place_of_a_trial_that_is_cancelled_while_it_is_told(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, servers: Servers
) -> None:
    register(breaker={"minimum_calls": 1})
    upstream.will(Scripted(500), Scripted(200))
    call(corridor)
    let_time_pass()
    with servers.connect_as_superuser() as database, database.transaction():
        database.execute("LOCK TABLE accounts_auditentry IN EXCLUSIVE MODE")
        running = corridor.start("crm-find", {"account": 7})
        until(lambda: database.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is not None)
        running.cancel()
    until(lambda: [row.status for row in executions(acme)] == [Status.FAILED, Status.CANCELLED])
    assert len(upstream.received) == 1
    assert codes(call(corridor)) == [None]
    assert actions(acme) == ["breaker.opened", "breaker.half_opened", "breaker.closed"]


@pytest.mark.parametrize("facts", [{}, {"read_only": True}, {"idempotent": True}])
def test_it_counts_no_call_that_our_own_process_broke_off(
    facts: dict[str, Any], corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register(**facts)
    _, leave = upstream.will_wait()
    ours = Corridor(own_loop, corridor.key)
    running = [ours.start("crm-find", {"account": 7}) for _ in range(USUAL.minimum_calls)]
    until(lambda: len(upstream.received) == USUAL.minimum_calls)
    own_loop.run(close_at_once())
    for each in running:
        each.cancel()  # as the process's end does with what nobody watches
    until(lambda: counted() == (0, 0))
    leave.set()
    upstream.will(Scripted(200))
    assert codes(call(corridor)) == [None]


def test_it_counts_no_call_that_another_process_has_ended(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    with within(acme.id):
        Execution.objects.update(status=Status.FAILED, error={"code": "outcome_unknown", "status": 504})
    corridor.loop.run(extend_leases())
    assert codes([running.result(20)]) == ["outcome_unknown"]
    leave.set()
    assert counted() == (0, 0)


def test_it_costs_a_healthy_call_one_round_trip(corridor: Corridor, register: Register) -> None:
    register(read_only=True)
    call(corridor)
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        before = server.info("commandstats")
        call(corridor)
        after = server.info("commandstats")
    asked = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    assert (asked["cmdstat_evalsha"], asked.get("cmdstat_eval", 0)) == (1, 0)


def test_it_lets_so_many_try_at_once_and_waits_for_all_of_them(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(breaker={"minimum_calls": 2, "trials": 2})
    upstream.will(Scripted(500))
    call(corridor, 2)
    let_time_pass()
    arrived, leave = upstream.will_wait()
    first = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    upstream.will(Scripted(200))
    assert codes(call(corridor)) == [None]
    assert breakers()[0][b"state"] == b"half_open"
    leave.set()
    assert first.result(20).status == Status.SUCCEEDED
    assert actions(acme) == ["breaker.opened", "breaker.half_opened", "breaker.closed"]


def test_it_frees_the_place_of_a_trial_whose_process_is_gone(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(breaker={"minimum_calls": 1})
    upstream.will(Scripted(500), Scripted(200))
    call(corridor)
    let_time_pass()
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        (key,) = server.scan_iter("qm:breaker:*")
        server.hset(key, "state", "half_open")
        server.zadd(f"{key.decode()}:trials", {"gone": 1})
    assert codes(call(corridor)) == [None]


def test_it_tells_what_it_does_as_events(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    upstream.will(*[Scripted(500)] * USUAL.minimum_calls, Scripted(500), Scripted(200))
    call(corridor, USUAL.minimum_calls)
    let_time_pass()
    call(corridor)
    let_time_pass()
    call(corridor)
    with within(acme.id):
        rows = list(AuditEntry.objects.filter(action__startswith="breaker.").order_by("id"))
        version = tool.versions.get()
    assert [row.action for row in rows] == [
        *("breaker.opened", "breaker.half_opened", "breaker.opened", "breaker.half_opened", "breaker.closed")
    ]
    assert {(row.actor, row.subject) for row in rows} == {("system:breaker", f"version:{version.id}")}
    assert rows[0].detail == {"tool": str(tool.id), "version": "1.0.0", "failures": 5, "calls": 5}


def test_it_refuses_every_call_while_it_is_held_open(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    with within(acme.id):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="maintenance until noon", by=CASTING)
    refused = call(corridor)[0]
    assert refused.error is not None
    assert (refused.error["code"], "retry_after" in refused.error) == ("circuit_open", False)
    assert "The circuit of `crm-find` is held open (maintenance until noon)." in refused.error["detail"]
    assert upstream.received == []
    with within(acme.id):
        release_breaker(tool=tool, version=None, by=CASTING)
    assert codes(call(corridor)) == [None]


def test_it_lets_every_call_through_while_it_is_held_closed(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register(breaker={"minimum_calls": 1})
    upstream.will(Scripted(500))
    with within(acme.id):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="all of them", by=CASTING)
        hold_breaker(tool=tool, version=tool.versions.get(), hold=Hold.CLOSED, reason="but this one", by=CASTING)
    assert codes(call(corridor, 3)) == ["upstream_error"] * 3
    assert breakers() == []


def test_it_guards_each_tenant_by_itself(corridor: Corridor, spy_corridor: Corridor, upstream: Upstream) -> None:
    share(definition={"method": "POST", "url": upstream.url})
    upstream.will(*[Scripted(500)] * USUAL.minimum_calls, Scripted(200))
    call(corridor, USUAL.minimum_calls)
    assert codes(call(spy_corridor)) == [None]
    assert codes(call(corridor)) == ["circuit_open"]


def try_it(corridor: Corridor, call: ToolCall, target: Target) -> Passage:
    passage = Passage(call)
    corridor.loop.run(guard(call, target, passage))
    return passage


def test_a_run_frees_its_own_place_and_no_later_runs(corridor: Corridor) -> None:
    first, target = a_call(), a_target(breaker=BreakerSettings(trials=2))
    again = a_call(execution_id=first.execution_id, resumed=Resumed(run=2, started_at=datetime.now(UTC)))
    trials = half_open(first, target)
    superseded, _ = try_it(corridor, first, target), try_it(corridor, again, target)
    corridor.loop.run(superseded.settle(Ending(Status.CANCELLED)))
    with valkey() as server:
        assert server.zrange(trials, 0, -1) == [f"{first.execution_id}:2".encode()]


def test_a_shorter_trial_cuts_no_longer_ones_short(corridor: Corridor) -> None:
    target = a_target(breaker=BreakerSettings(trials=2), timeout_ms=600_000)
    trials = half_open(a_call(), target)
    try_it(corridor, a_call(), target)
    try_it(corridor, a_call(timeout_ms=1), target)
    with valkey() as server:
        assert server.zcard(trials) == 2
        assert server.pttl(trials) > 500_000
