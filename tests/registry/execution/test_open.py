import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.decisions import Decision
from accounts.errors import Unavailable
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from integrations.vault import open_sealed
from registry.execution.open import MOST_TRIES, _claim
from registry.execution.types import ToolCall
from registry.models import Execution
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.calls import a_call, a_caller, a_target
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


class Rival:
    """Has the key whenever a call wants it, and has given it back whenever that call looks who has it."""

    def __init__(self, tenant: Tenant, agent: Agent, rounds: int) -> None:
        self.tenant, self.agent, self.rounds = tenant, agent, rounds

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'INSERT INTO "registry_execution"' in sql and self.rounds:
            self.rounds -= 1
            self._elsewhere(self._take)
        elif sql.startswith("SELECT") and '"registry_execution"."idempotency_key" = ' in sql:
            self._elsewhere(self._give_back)
        return execute(sql, params, many, context)

    def _elsewhere(self, work: Callable[[], None]) -> None:
        with ThreadPoolExecutor(1) as another:
            another.submit(work).result(10)

    def _take(self) -> None:
        with within(self.tenant.id):
            Execution.objects.create(
                tenant=self.tenant,
                agent=self.agent,
                tool_slug="crm-find",
                status=Status.REFUSED,
                idempotency_key="k-1",
                started_at=timezone.now(),
            )
        connection.close()

    def _give_back(self) -> None:
        with within(self.tenant.id):
            Execution.objects.filter(idempotency_key="k-1").update(idempotency_key=None)
        connection.close()


def test_it_takes_a_key_that_was_given_back_while_it_looked(acme: Tenant, scout: Agent) -> None:
    call = keyed(acme, scout)
    with connection.execute_wrapper(Rival(acme, scout, rounds=2)):
        assert _claim(call, a_target(), Decision.ALLOW, timezone.now()) is None
    [row] = [row for row in executions(acme) if row.idempotency_key == "k-1"]
    assert (row.id, row.status) == (call.execution_id, Status.RUNNING)


def test_it_gives_up_a_key_that_others_have_one_after_the_other(acme: Tenant, scout: Agent) -> None:
    call = keyed(acme, scout)
    with connection.execute_wrapper(Rival(acme, scout, rounds=99)), pytest.raises(Unavailable) as refusal:
        _claim(call, a_target(), Decision.ALLOW, timezone.now())
    assert refusal.value.message.endswith("Nothing was sent. Call again in a moment.")
    assert [row.status for row in executions(acme)] == [Status.REFUSED] * MOST_TRIES


def keyed(tenant: Tenant, agent: Agent) -> ToolCall:
    caller = a_caller(tenant_id=tenant.id, tenant_slug=tenant.slug, agent_id=agent.id)
    return a_call({"account": 7}, caller=caller, idempotency_key="k-1")


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
