"""One attempt of a run, and what becomes of the run: whatever ends the process in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.caller import System
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from registry.abandoned import end_abandoned
from registry.approvals.decide import approve
from registry.execution.resume import resume
from registry.models import Execution
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals
from tests.registry.execution.rows import executions
from tests.upstream import Scripted, Upstream
from tests.webhooks.queue.rows import as_it_stands, let_be_due, make_route, take
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import INPUT, attempt_it, attempts_of, make_run, run_on
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.queue.kinds import RUNS
from webhooks.queue.sweep import end_lost
from webhooks.runs import attempt as attempt_module
from webhooks.runs.attempt import attempt, conclude

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(seconds=6)


def with_a_key(upstream: Upstream) -> dict[str, Any]:
    """A tool whose service honours an Idempotency-Key."""
    return {"definition": {"method": "POST", "url": upstream.url, "idempotency_header": "Idempotency-Key"}}


def keys(upstream: Upstream) -> list[str]:
    return [received.headers["Idempotency-Key"] for received in upstream.received]


def lose(run: WebhookRun) -> None:
    """Its process is gone, and its lease over."""
    with within(run.tenant_id):
        WebhookRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert end_lost(RUNS, at=timezone.now()) == 1


def test_it_calls_the_tool_as_the_routes_agent(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(**with_a_key(upstream))
    run = make_run(scout)
    attempt_it(corridor)
    [execution] = executions(acme)
    assert (execution.agent_id, execution.idempotency_key) == (scout.id, f"{run.event_id}:{run.route_id}")
    assert (execution.status, execution.trace_id) == (Status.SUCCEEDED, run.event_id.hex)
    assert [received.json for received in upstream.received] == [INPUT]
    assert keys(upstream) == [f"qm-{run.id}"]
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.execution_id, run.code) == ("succeeded", 1, execution.id, "")
    assert run.finished_at is not None
    [only] = attempts_of(acme, run)
    assert (only.number, only.code, only.execution_id, only.next_at) == (1, "", execution.id, None)


def test_what_may_pass_is_tried_again_under_one_key_at_the_service(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(**with_a_key(upstream))
    run = make_run(scout)
    upstream.will(Scripted(503), Scripted(500), Scripted(200))
    for _ in range(3):
        let_be_due(run)
        attempt_it(corridor)
    assert keys(upstream) == [f"qm-{run.id}"] * 3
    first, second, third = executions(acme)
    assert (first.idempotency_key, second.idempotency_key) == (None, None)
    assert third.idempotency_key == f"{run.event_id}:{run.route_id}"
    assert (as_it_stands(run).status, as_it_stands(run).attempts) == ("succeeded", 3)
    assert [(each.number, each.code, each.status_code) for each in attempts_of(acme, run)] == [
        (1, "upstream_error", 503),
        (2, "upstream_error", 500),
        (3, "", None),
    ]


def test_it_waits_as_the_service_asks(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    run = make_run(scout)
    upstream.will(Scripted(429, headers={"Retry-After": "7200"}))
    attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.code) == ("waiting", "upstream_error")
    assert run.due_at is not None
    assert timedelta(seconds=7190) < run.due_at - timezone.now() <= timedelta(hours=2)


def test_a_route_rests_while_its_tools_circuit_is_open(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(idempotent=True, breaker={"minimum_calls": 1, "open_seconds": 30})
    route = make_route(scout)
    first, second, third = (run_on(route, make_event(make_source(acme, name), INPUT)) for name in ("a", "b", "c"))
    upstream.will(Scripted(503))
    for run in (first, second):
        taken = next(each for each in take() if each.id == run.id)
        corridor.loop.run(attempt(taken))
        give_back(acme)
    assert [(as_it_stands(run).attempts, as_it_stands(run).code) for run in (first, second, third)] == [
        (1, "upstream_error"),
        (1, "circuit_open"),
        (0, ""),
    ]
    assert take() == []
    with within(acme.id):
        rests_until = WebhookRoute.objects.get(id=route.id).rests_until
    assert rests_until is not None
    assert timedelta(seconds=20) < rests_until - timezone.now() <= timedelta(seconds=30)
    assert len(upstream.received) == 1


def give_back(tenant: Tenant) -> None:
    """What was taken and is not done waits on."""
    with within(tenant.id):
        WebhookRun.objects.filter(status="running").update(status="waiting", lease_until=None)


def test_the_last_attempt_makes_it_a_dead_letter(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(idempotent=True)
    run = make_run(scout, schedule=[0, 1])
    upstream.will(Scripted(503))
    for _ in range(2):
        let_be_due(run)
        attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.cause, run.code) == ("dead", 2, "tool", "upstream_error")
    assert run.detail == "The tool's service answered with HTTP 503."
    with within(acme.id):
        entry = AuditEntry.objects.get(action="webhook_run.dead")
    assert (entry.actor, entry.subject) == ("system:webhooks", f"webhook_run:{run.id}")
    assert entry.detail == {"route": str(run.route_id), "cause": "tool", "code": "upstream_error", "attempts": 2}


def test_an_unknown_outcome_is_a_dead_letter_at_once(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(timeout_ms=100)
    run = make_run(scout)
    _, leave = upstream.will_wait()
    attempt_it(corridor)
    leave.set()
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.cause, run.code) == ("dead", 1, "tool", "outcome_unknown")
    [execution] = executions(acme)
    assert execution.idempotency_key is not None
    assert len(upstream.received) == 1


def test_what_does_not_suit_the_tool_is_the_senders_matter(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    run = make_run(scout, event=make_event(make_source(acme), {"account": "seven"}))
    attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.cause, run.code) == ("dead", "sender", "invalid_input")
    assert "$.account" in run.detail
    assert "seven" not in run.detail
    assert upstream.received == []


def test_what_does_not_suit_the_route_is_never_called(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    run = make_run(scout, event=make_event(make_source(acme), b"no object"))
    attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.cause, run.code) == ("dead", "sender", "invalid_input")
    assert (executions(acme), upstream.received) == ([], [])


def test_what_waits_on_a_route_that_goes_to_an_agent_now_says_what_to_do(
    acme: Tenant, scout: Agent, corridor: Corridor
) -> None:
    run = make_run(scout)
    with within(acme.id):
        WebhookRoute.objects.update(target="agent", tool="")
    attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.cause, run.code) == ("dead", "policy", "tool_not_found")
    assert "Replay the event" in run.detail
    assert executions(acme) == []


def test_a_disabled_tool_loses_no_event(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    with within(acme.id):
        type(tool).objects.update(enabled=False)
    run = make_run(scout)
    attempt_it(corridor)
    assert (as_it_stands(run).status, as_it_stands(run).code) == ("waiting", "tool_disabled")
    assert upstream.received == []


def test_an_agent_that_was_disabled_calls_no_tool(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    run = make_run(scout)
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(enabled=False)
    attempt_it(corridor)
    assert (as_it_stands(run).status, as_it_stands(run).cause) == ("dead", "policy")
    assert (executions(acme), upstream.received) == ([], [])


def test_a_crash_between_the_effect_and_the_runs_end_has_no_second_effect(
    acme: Tenant,
    scout: Agent,
    corridor: Corridor,
    register: Register,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register()
    run = make_run(scout)
    with monkeypatch.context() as patch:
        patch.setattr(attempt_module, "conclude", crash)
        with pytest.raises(DatabaseError):
            attempt_it(corridor)
    assert as_it_stands(run).status == "running"
    lose(run)
    attempt_it(corridor)
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.lost) == ("succeeded", 1, 1)
    assert [execution.id for execution in executions(acme)] == [run.execution_id]
    assert len(upstream.received) == 1


def test_a_crash_while_the_tool_works_is_at_most_one_effect_and_a_dead_letter(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    run = make_run(scout)
    _, leave = upstream.will_wait()
    [first] = take()
    going = corridor.loop.start(attempt(first))
    while not upstream.received:
        pass
    lose(run)
    attempt_it(corridor)
    assert (as_it_stands(run).status, as_it_stands(run).attempts) == ("waiting", 0)  # it goes on elsewhere
    with within(acme.id):
        Execution.objects.update(lease_until=timezone.now() - timedelta(seconds=1), run=9)
    end_abandoned(at=timezone.now())
    leave.set()
    going.result(20)
    assert as_it_stands(run).status == "waiting"  # the first holder is fenced off
    let_be_due(run)
    attempt_it(corridor)
    assert (as_it_stands(run).status, as_it_stands(run).code) == ("dead", "outcome_unknown")
    assert len(upstream.received) == 1


def test_what_waits_for_a_person_is_put_off_and_counts_no_attempt(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(**with_a_key(upstream))
    rule_for(acme)
    run = make_run(scout)
    attempt_it(corridor)
    [execution] = executions(acme)
    run = as_it_stands(run)
    assert (execution.status, execution.waits_for) == (Status.PENDING, "approval")
    assert (run.status, run.attempts, run.execution_id) == ("waiting", 0, execution.id)
    assert run.due_at is not None
    assert timedelta(seconds=4) < run.due_at - timezone.now() < SOON
    assert (attempts_of(acme, run), upstream.received) == ([], [])
    [approval] = approvals(acme)
    with within(acme.id):
        approve(approval=approval, by=System("tests"))
    corridor.loop.run(resume(acme.id, execution.id))
    let_be_due(run)
    attempt_it(corridor)
    assert (as_it_stands(run).status, as_it_stands(run).attempts) == ("succeeded", 1)
    assert keys(upstream) == [f"qm-{run.id}"]


def test_who_comes_second_under_the_key_looks_again(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    """Two holders at once, and between their looks the route was changed: it is another request under the key."""
    register()
    run = make_run(scout)
    key = f"{run.event_id}:{run.route_id}"
    corridor.call("crm-find", {"account": 1}, idempotency_key=key)
    conflict = corridor.call("crm-find", INPUT, idempotency_key=key)
    [taken] = take()
    corridor.loop.run(conclude(taken, conflict, timezone.now()))
    assert (as_it_stands(run).status, as_it_stands(run).attempts) == ("waiting", 0)
    let_be_due(run)
    attempt_it(corridor)
    assert as_it_stands(run).status == "succeeded"
    assert len(upstream.received) == 1


def crash(*args: Any) -> None:
    """What comes next never happens."""
    raise DatabaseError
