"""Executions that are called off: while they wait, and while they run somewhere."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from redis import Redis

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.cancel import cancel_execution
from registry.errors import ExecutionEnded
from registry.execution.cancelling import CHANNEL
from registry.execution.resume import resume
from registry.execution.types import Mode
from registry.execution.watch import watch
from registry.models import Execution
from registry.models.execution import Status
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.calls import a_caller
from tests.registry.execution.rows import executions
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


class Silent:
    """A service that takes a request and never answers; it notices when its caller hangs up."""

    def __init__(self) -> None:
        self.arrived, self.dropped = threading.Event(), threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            self.arrived.set()
            while connection.recv(65536):
                """More of the request."""
            self.dropped.set()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def silent(settings: Any) -> Iterator[Silent]:
    server = Silent()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{server.port}"]
    yield server
    server.close()


@pytest.fixture
def only_told(settings: Any) -> None:
    """No tick looks as long as a test runs: the word through Redis has to do."""
    settings.EXECUTION_LEASE_SECONDS = 3600


def is_listening() -> bool:
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        return bool(redis.pubsub_numsub(CHANNEL)[0][1])


def actions(tenant: Tenant, execution_id: Any) -> list[tuple[str, str]]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(subject=f"execution:{execution_id}").order_by("id")
        return list(rows.values_list("action", "actor"))


def cancel(corridor: Corridor, execution_id: Any) -> Any:
    return corridor.post(f"executions/{execution_id}/cancel/", {})


def register_silent(register: Register, silent: Silent) -> None:
    register(definition={"method": "POST", "url": f"http://127.0.0.1:{silent.port}/"}, timeout_ms=60_000)


def test_it_ends_one_that_waits_at_once(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, scout: Agent
) -> None:
    register()
    waiting = corridor.call("crm-find", INPUT, mode=Mode.ASYNC, idempotency_key="k-1")
    answer = cancel(corridor, waiting.id)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    [row] = executions(acme)
    assert (row.status, row.waits_for, row.sealed_input, row.idempotency_key) == (Status.CANCELLED, "", None, None)
    assert actions(acme, waiting.id) == [("execution.cancelled", f"agent:{scout.id}")]
    assert corridor.loop.run(resume(acme.id, waiting.id)) is None
    assert upstream.received == []


@pytest.mark.usefixtures("only_told")
def test_it_closes_the_connection_of_one_that_runs(
    acme: Tenant, corridor: Corridor, register: Register, silent: Silent
) -> None:
    register_silent(register, silent)
    running = corridor.start("crm-find", INPUT)
    assert silent.arrived.wait(10)
    until(is_listening)
    [row] = executions(acme)
    answer = cancel(corridor, row.id)
    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    outcome = running.result(20)
    assert silent.dropped.wait(10)
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"], outcome.attempts) == (Status.CANCELLED, "cancelled", 1)
    assert [name for name, _ in actions(acme, row.id)] == ["cancellation.requested", "execution.cancelled"]


@pytest.mark.usefixtures("only_told")
@pytest.mark.parametrize("body", [{"wait_ms": 0}, {"mode": "stream"}])
def test_it_stops_one_that_goes_on_or_streams(
    body: dict[str, Any],
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    silent: Silent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.api.streaming.KEEP_ALIVE_SECONDS", 0.2)
    register_silent(register, silent)
    running = corridor.loop.start(corridor.api.post("executions/", {"tool": "crm-find", "input": INPUT, **body}))
    assert silent.arrived.wait(10)
    until(is_listening)
    cancel(corridor, executions(acme)[0].id)
    assert silent.dropped.wait(10)
    running.result(20)
    until(lambda: executions(acme)[0].status == Status.CANCELLED)


@pytest.mark.usefixtures("only_told")
def test_it_stops_one_that_a_worker_runs(acme: Tenant, corridor: Corridor, register: Register, silent: Silent) -> None:
    register_silent(register, silent)
    waiting = corridor.call("crm-find", INPUT, mode=Mode.ASYNC)
    running = corridor.loop.start(resume(acme.id, waiting.id))
    assert silent.arrived.wait(10)
    until(is_listening)
    cancel(corridor, waiting.id)
    outcome = running.result(20)
    assert outcome is not None
    assert outcome.status == Status.CANCELLED
    assert silent.dropped.wait(10)


def test_the_tick_finds_out_without_redis(
    acme: Tenant, corridor: Corridor, register: Register, silent: Silent, settings: Any
) -> None:
    register_silent(register, silent)
    running = corridor.start("crm-find", INPUT)
    assert silent.arrived.wait(10)
    until(is_listening)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert cancel(corridor, executions(acme)[0].id).status_code == 202

    async def tick() -> None:
        await watch().extend()

    corridor.loop.run(tick())
    assert running.result(20).status == Status.CANCELLED


def test_it_says_what_one_ended_as(corridor: Corridor, register: Register) -> None:
    register()
    ended = corridor.call("crm-find", INPUT)
    answer = cancel(corridor, ended.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "`succeeded`" in answer.json()["detail"]


def test_another_agent_needs_the_right_to_call(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    waiting = corridor.call("crm-find", INPUT, mode=Mode.ASYNC)
    reader = corridor.as_(make_key(make_agent(acme, "reader", Role.VIEWER)))
    assert cancel(reader, waiting.id).status_code == 403
    assert executions(acme)[0].status == Status.PENDING
    operator = corridor.as_(make_key(make_agent(acme, "other", Role.OPERATOR)))
    assert cancel(operator, waiting.id).status_code == 200


def test_its_own_agent_needs_no_right(acme: Tenant, corridor: Corridor, register: Register, scout: Agent) -> None:
    register()
    waiting = corridor.call("crm-find", INPUT, mode=Mode.ASYNC)
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(role=Role.VIEWER)
    assert cancel(corridor, waiting.id).status_code == 200


def test_it_is_not_there_for_another_tenant(
    acme: Tenant, corridor: Corridor, spy_corridor: Corridor, register: Register
) -> None:
    register()
    waiting = corridor.call("crm-find", INPUT, mode=Mode.ASYNC)
    assert cancel(spy_corridor, waiting.id).status_code == 404
    assert executions(acme)[0].status == Status.PENDING


def test_asking_twice_is_no_mistake(acme: Tenant, corridor: Corridor, scout: Agent) -> None:
    with within(acme.id):
        row = Execution.objects.create(
            tenant=acme, agent=scout, tool_slug="crm-find", status=Status.RUNNING, run=1, started_at=timezone.now()
        )
    assert [cancel(corridor, row.id).status_code for _ in range(2)] == [202, 202]
    assert actions(acme, row.id) == [("cancellation.requested", f"agent:{scout.id}")]


def test_one_that_is_counted_with_others_by_now_has_ended(acme: Tenant, scout: Agent) -> None:
    gone = Execution(tenant=acme, agent=scout, tool_slug="crm-find", status=Status.RUNNING, started_at=timezone.now())
    with within(acme.id), pytest.raises(ExecutionEnded) as refusal:
        cancel_execution(execution=gone, by=a_caller(tenant_id=acme.id, agent_id=scout.id))
    assert refusal.value.message.endswith("There is nothing to cancel.")
    assert actions(acme, gone.id) == []
