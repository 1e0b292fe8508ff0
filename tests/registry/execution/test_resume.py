"""Calls that wait for a worker, and the worker that takes them up."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, ApiKey, Tenant
from accounts.tenancy import within
from integrations.errors import VaultLocked
from integrations.vault.memory import in_memory
from registry import builtins
from registry.execution.resume import resume
from registry.execution.types import Mode, Outcome
from registry.models import Execution, Tool
from registry.models.execution import Status, WaitsFor
from registry.publish import publish_version
from registry.retire import retire_tool
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.locks import somebody_waits_for_a_lock
from tests.patience import until
from tests.registry.execution.rows import entries, stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
INPUT = {"account": 7, "email": "ada@example.com"}


def ask_for(corridor: Corridor, **more: Any) -> Outcome:
    return corridor.call("crm-find", INPUT, mode=Mode.ASYNC, **more)


def take_up(corridor: Corridor, outcome: Outcome) -> Outcome | None:
    return corridor.loop.run(resume(outcome.tenant, outcome.id))


def test_it_puts_an_async_call_aside(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    outcome = ask_for(corridor)
    assert (outcome.status, outcome.waits_for, outcome.replayed) == (Status.PENDING, "worker", False)
    row = stored(acme, outcome)
    assert (row.status, row.waits_for, row.mode, row.run) == (Status.PENDING, WaitsFor.WORKER, "async", 0)
    assert (row.lease_until, row.finished_at) == (None, None)
    assert row.sealed_input is not None
    assert upstream.received == []
    assert entries(acme, outcome) == []


def test_it_runs_it_with_the_raw_input_when_a_worker_takes_it_up(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(
        corridor, conversation="c-1", idempotency_key="k-1", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01"
    )
    outcome = take_up(corridor, waiting)
    assert outcome is not None
    assert (outcome.id, outcome.status, outcome.output) == (waiting.id, Status.SUCCEEDED, {"ok": True})
    assert [received.json for received in upstream.received] == [INPUT]
    row = stored(acme, outcome)
    assert (row.status, row.run, row.waits_for, row.attempts) == (Status.SUCCEEDED, 1, "", 1)
    assert (row.conversation, row.idempotency_key, row.trace_id) == ("c-1", "k-1", TRACE)
    assert (row.sealed_input, row.lease_until, row.started_at) == (None, None, waiting.started_at)
    assert "open" not in row.timings
    assert entries(acme, outcome) == ["execution.succeeded"]


def test_it_sends_the_key_that_its_service_knows_the_effect_by(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(definition={"method": "POST", "url": upstream.url, "idempotency_header": "Idempotency-Key"})
    take_up(corridor, ask_for(corridor, effect_key="qm-run-1"))
    assert [received.headers["Idempotency-Key"] for received in upstream.received] == ["qm-run-1"]


def test_only_one_of_many_workers_takes_it_up(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor)
    taking = [corridor.loop.start(resume(waiting.tenant, waiting.id)) for _ in range(10)]
    outcomes = [each.result(20) for each in taking]
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert len(upstream.received) == 1
    assert take_up(corridor, waiting) is None


def test_it_waits_for_whoever_only_looks_at_it(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor)
    with within(acme.id):
        Execution.objects.select_for_update().get(id=waiting.id)
        taking = corridor.loop.start(resume(waiting.tenant, waiting.id))
        until(lambda: taking.done() or somebody_waits_for_a_lock())
    outcome = taking.result(20)
    assert outcome is not None
    assert (outcome.id, outcome.status) == (waiting.id, Status.SUCCEEDED)
    assert len(upstream.received) == 1


def test_it_does_not_take_up_what_is_not_due(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor)
    change(acme, waiting, due_at=timezone.now() + timedelta(minutes=1))
    assert take_up(corridor, waiting) is None
    change(acme, waiting, due_at=None, waits_for=WaitsFor.APPROVAL)
    assert take_up(corridor, waiting) is None
    assert upstream.received == []


def test_it_runs_the_version_that_was_chosen_then(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    waiting = ask_for(corridor)
    publish(acme, tool, "1.1.0", f"{upstream.url}/newer")
    outcome = take_up(corridor, waiting)
    assert outcome is not None
    assert (outcome.version, upstream.received[0].path) == ("1.0.0", "/contacts")


@pytest.mark.parametrize("who", ["agent", "key"])
def test_it_refuses_it_when_its_caller_was_shut_out_meanwhile(
    who: str, acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor, idempotency_key="k-1")
    with within(acme.id):
        if who == "agent":
            Agent.objects.filter(id=scout.id).update(enabled=False)
        else:
            ApiKey.objects.filter(agent=scout).update(revoked_at=timezone.now())
    assert take_up(corridor, waiting) is None
    row = stored(acme, waiting)
    assert row.error is not None
    assert (row.status, row.error["code"]) == (
        Status.REFUSED,
        {"agent": "forbidden", "key": "key_revoked"}[who],
    )
    assert (row.sealed_input, row.idempotency_key, row.waits_for) == (None, None, "")
    assert entries(acme, waiting) == ["execution.refused"]
    assert upstream.received == []


def test_it_refuses_it_when_its_tool_was_retired_meanwhile(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    waiting = ask_for(corridor)
    with within(acme.id):
        retire_tool(tool=tool, by=manager_of(acme))
    register(slug="crm-find")
    assert take_up(corridor, waiting) is None
    row = stored(acme, waiting)
    assert row.error is not None
    assert (row.status, row.error["code"]) == (Status.REFUSED, "tool_not_found")
    assert upstream.received == []


def test_it_waits_for_a_circuit_to_close(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor)
    upstream.will(Scripted(500))
    for _ in range(5):
        corridor.call("crm-find", INPUT)
    before = len(upstream.received)
    outcome = take_up(corridor, waiting)
    assert outcome is not None
    assert (outcome.status, outcome.waits_for, outcome.error) == (Status.PENDING, "worker", None)
    row = stored(acme, waiting)
    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(seconds=10)
    assert (row.run, row.lease_until, row.attempts) == (1, None, 0)
    assert len(upstream.received) == before
    assert entries(acme, waiting) == []


def test_it_does_not_wait_for_ever(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    waiting = ask_for(corridor)
    upstream.will(Scripted(500))
    for _ in range(5):
        corridor.call("crm-find", INPUT)
    change(acme, waiting, started_at=timezone.now() - timedelta(hours=2))
    outcome = take_up(corridor, waiting)
    assert outcome is not None
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.REFUSED, "circuit_open")


def test_a_run_that_is_not_the_last_records_nothing(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(idempotent=True)
    waiting = ask_for(corridor)
    arrived, leave = upstream.will_wait()
    slow = corridor.loop.start(resume(waiting.tenant, waiting.id))
    assert arrived.wait(10)
    change(acme, waiting, status=Status.PENDING, waits_for=WaitsFor.WORKER, lease_until=None)
    upstream.will(Scripted(body=b'{"run": 2}'))
    second = take_up(corridor, waiting)
    leave.set()
    first = slow.result(20)
    assert second is not None
    assert first is not None
    assert (second.output, first.output) == ({"run": 2}, {"run": 2})
    assert stored(acme, waiting).run == 2
    assert entries(acme, waiting) == ["execution.succeeded"]


@pytest.fixture
def outer() -> Iterator[str]:
    """A built-in that says how far it is, and is told what it was given to say it with."""

    async def report(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        context.progress(0.5, "half way")
        return {"done": True}

    builtins.register("reports", report)
    yield "reports"
    builtins.forget("reports")


def test_a_tool_may_tell_how_far_it_is(acme: Tenant, corridor: Corridor, register: Register, outer: str) -> None:
    register(slug="reports", transport="builtin", definition={"function": outer})
    outcome = corridor.call("reports", {"account": 7})
    assert outcome.status == Status.SUCCEEDED


def change(tenant: Tenant, outcome: Outcome, **fields: Any) -> None:
    with within(tenant.id):
        Execution.objects.filter(id=outcome.id).update(**fields)


def publish(tenant: Tenant, tool: Tool, version: str, url: str) -> None:
    with within(tenant.id):
        definition = {"method": "POST", "url": url}
        publish_version(tool=tool, by=manager_of(tenant), spec={"version": version, "definition": definition})


def test_it_is_not_put_back_when_somebody_wants_it_cancelled(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    waiting = ask_for(corridor)
    upstream.will(Scripted(500))
    for _ in range(5):
        corridor.call("crm-find", INPUT)
    change(acme, waiting, cancel_requested_at=timezone.now())
    outcome = take_up(corridor, waiting)
    assert outcome is not None
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.REFUSED, "circuit_open")


def test_it_waits_while_the_vault_is_locked(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any, tmp_path: Path
) -> None:
    register()
    waiting = ask_for(corridor)
    settings.VAULT_KEY_FILE = tmp_path / "not-there"
    in_memory.clear()
    with pytest.raises(VaultLocked):
        take_up(corridor, waiting)
    row = stored(acme, waiting)
    assert (row.status, row.waits_for, row.run) == (Status.PENDING, WaitsFor.WORKER, 0)
    assert upstream.received == []
