import json
from datetime import timedelta

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.vault import open_sealed
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.rows import executions, stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_writes_the_execution_before_anything_is_sent(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(timeout_ms=9000)
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7, "email": "ada@example.com"})
    assert arrived.wait(10)
    [row] = executions(acme)
    leave.set()
    assert running.result(10).status == Status.SUCCEEDED
    assert (row.status, row.input) == (Status.RUNNING, {"account": 7, "email": "[redacted:email]"})
    assert row.lease_until is not None
    assert timedelta(seconds=15) <= row.lease_until - row.started_at < timedelta(seconds=45)
    with within(acme.id):
        raw = open_sealed(
            tenant_id=acme.id, purpose="execution", field=f"{row.id}:input", sealed=bytes(row.sealed_input or b"")
        )
    assert json.loads(raw) == {"account": 7, "email": "ada@example.com"}


def test_it_replays_what_the_same_key_brought(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(body=b'{"n": 1}'), Scripted(body=b'{"n": 2}'))
    first = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    again = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert (first.output, again.output, again.id) == ({"n": 1}, {"n": 1}, first.id)
    assert (first.replayed, again.replayed) == (False, True)
    assert len(upstream.received) == 1
    assert len(executions(acme)) == 1


def test_it_replays_a_failure_too(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(404), Scripted(200))
    first = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    again = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert (again.id, again.status, again.error) == (first.id, Status.FAILED, first.error)
    assert len(upstream.received) == 1


def test_it_refuses_a_key_used_for_another_request(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    other = corridor.call("crm-find", {"account": 8}, idempotency_key="k-1")
    assert other.error is not None
    assert (other.status, other.error["code"]) == (Status.REFUSED, "idempotency_conflict")
    assert len(upstream.received) == 1
    assert [row.idempotency_key for row in executions(acme)] == ["k-1", None]


def test_it_runs_one_of_many_calls_that_come_at_once(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True)
    running = [corridor.start("crm-find", {"account": 7}, idempotency_key="k-1") for _ in range(20)]
    outcomes = [each.result(20) for each in running]
    assert len({outcome.id for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert len(upstream.received) == 1
    assert len(executions(acme)) == 1


def test_it_gives_a_key_back_when_the_call_was_refused(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    for _ in range(5):
        corridor.call("crm-find", {"account": 7})
    refused = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert refused.error is not None
    assert refused.error["code"] == "circuit_open"
    assert stored(acme, refused).idempotency_key is None


def test_it_keeps_two_agents_keys_apart(
    globex: Tenant, corridor: Corridor, spy_corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    register(tenant=globex)
    corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert spy_corridor.call("crm-find", {"account": 7}, idempotency_key="k-1").replayed is False
    assert len(upstream.received) == 2


def test_it_leaves_no_running_row_when_the_caller_goes_at_once(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    for _ in range(20):
        corridor.start("crm-find", {"account": 7}, idempotency_key="k-1").cancel()
    outcome = corridor.call("crm-find", {"account": 7}, idempotency_key="k-2")
    assert outcome.status == Status.SUCCEEDED
    until(lambda: all(row.status != Status.RUNNING for row in executions(acme)))
