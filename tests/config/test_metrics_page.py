"""`/metrics`, as Prometheus reads it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import AsyncClient, AsyncRequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.authenticate import caller_of
from accounts.models import Person, Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from config.metrics_page import metrics
from registry.abandoned import end_abandoned
from registry.approvals.decide import refuse
from registry.breakers.hold import hold_breaker
from registry.ending import end_execution
from registry.errors import Cancelled
from registry.execution.types import Mode
from registry.models import Approval, Execution
from registry.models.breaker import Hold
from registry.models.execution import Status, WaitsFor
from tests.cast import CASTING
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.pools import exhausted, own_pool
from tests.registry.approvals.asking import rule_for
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

SUCCEEDED = {"status": "succeeded", "code": "", "transport": "http", "cached": "no"}


async def read(**headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await AsyncClient().get("/metrics", headers=headers)
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


class Numbers:
    """What has been counted between the two times that somebody looked."""

    def __init__(self, corridor: Corridor) -> None:
        self.corridor = corridor
        self.before = self._read()

    def grown(self, name: str, **labels: str) -> float:
        key = (f"quartermaster_{name}", frozenset(labels.items()))
        return self._read().get(key, 0) - self.before.get(key, 0)

    def _read(self) -> dict[Any, float]:
        return self.corridor.loop.run(read())


@pytest.fixture
def numbers(corridor: Corridor) -> Numbers:
    return Numbers(corridor)


def test_it_counts_calls_and_times_their_steps(numbers: Numbers, corridor: Corridor, register: Register) -> None:
    register()
    corridor.call("crm-find", {"account": 7})
    assert numbers.grown("executions_total", **SUCCEEDED) == 1
    assert numbers.grown("upstream_attempts_total", transport="http") == 1
    assert numbers.grown("execution_seconds_count", transport="http") == 1
    assert numbers.grown("execution_step_seconds_count", step="send") == 1
    assert numbers.grown("execution_step_seconds_sum", step="send") > 0


def test_it_counts_why_calls_did_not_succeed(
    numbers: Numbers, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    corridor.call("crm-find", {"account": 7})
    corridor.call("crm-find", {"account": "seven"})
    corridor.call("no-such-tool", {})
    failed = {"status": "failed", "code": "upstream_error", "transport": "http", "cached": "no"}
    assert numbers.grown("executions_total", **failed) == 1
    refused = {"status": "refused", "code": "invalid_input", "transport": "http", "cached": "no"}
    assert numbers.grown("executions_total", **refused) == 1
    lost = {"status": "refused", "code": "tool_not_found", "transport": "", "cached": "no"}
    assert numbers.grown("executions_total", **lost) == 1
    assert numbers.grown("upstream_attempts_total", transport="http") == 1


def test_it_counts_an_answer_from_the_cache_as_such(numbers: Numbers, corridor: Corridor, register: Register) -> None:
    register(cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    corridor.call("crm-find", {"account": 7})
    assert numbers.grown("executions_total", **SUCCEEDED | {"cached": "yes"}) == 1
    assert numbers.grown("upstream_attempts_total", transport="http") == 1


def refused_by_a_person(corridor: Corridor, acme: Tenant, alice: Person) -> None:
    rule_for(acme)
    corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        refuse(approval=Approval.objects.get(), by=caller_of(alice))


def cancelled_while_it_waited(corridor: Corridor, acme: Tenant, alice: Person) -> None:
    waiting = corridor.call("crm-find", {"account": 7}, mode=Mode.ASYNC)
    corridor.post(f"executions/{waiting.id}/cancel/", {})


def given_up(corridor: Corridor, acme: Tenant, alice: Person) -> None:
    """Its process was killed while the call was out."""
    waiting = corridor.call("crm-find", {"account": 7}, mode=Mode.ASYNC)
    with within(acme.id):
        Execution.objects.filter(id=waiting.id).update(status=Status.RUNNING, run=1, lease_until=waiting.started_at)
    end_abandoned(at=timezone.now())


@pytest.mark.parametrize(
    ("happens", "status", "code", "attempts"),
    [
        (refused_by_a_person, "refused", "forbidden", 0),
        (cancelled_while_it_waited, "cancelled", "cancelled", 0),
        (given_up, "failed", "outcome_unknown", 1),
    ],
)
def test_it_counts_a_call_that_ended_while_no_process_ran_it(
    happens: Callable[[Corridor, Tenant, Person], None],
    status: str,
    code: str,
    attempts: int,
    numbers: Numbers,
    corridor: Corridor,
    register: Register,
    acme: Tenant,
    alice: Person,
) -> None:
    register()
    happens(corridor, acme, alice)
    assert numbers.grown("executions_total", status=status, code=code, transport="http", cached="no") == 1
    assert numbers.grown("upstream_attempts_total", transport="http") == attempts
    assert numbers.grown("execution_seconds_count", transport="http") == 0


def test_it_counts_no_ending_that_is_undone(
    numbers: Numbers, corridor: Corridor, register: Register, acme: Tenant
) -> None:
    register()
    waiting = corridor.call("crm-find", {"account": 7}, mode=Mode.ASYNC)
    with within(acme.id):
        end_execution(
            Execution.objects.get(id=waiting.id), status=Status.CANCELLED, error=Cancelled(), actor="system:tests"
        )
        transaction.set_rollback(True)
    cancelled = {"status": "cancelled", "code": "cancelled", "transport": "http", "cached": "no"}
    assert numbers.grown("executions_total", **cancelled) == 0


def test_it_counts_a_call_once_whose_outcome_another_process_recorded(
    numbers: Numbers, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    end_abandoned(at=timezone.now() + timedelta(hours=1))
    leave.set()
    assert running.result(20).status == Status.FAILED
    failed = {"status": "failed", "code": "outcome_unknown", "transport": "http", "cached": "no"}
    assert numbers.grown("executions_total", **failed) == 1
    assert numbers.grown("executions_total", **SUCCEEDED) == 0


def test_it_counts_what_limits_refused(numbers: Numbers, corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_minute": 1, "burst": 1})
    corridor.call("crm-find", {"account": 7})
    corridor.call("crm-find", {"account": 7})
    assert numbers.grown("limit_refusals_total", limit="tool-minute") == 1


def test_it_counts_circuits_that_opened(
    numbers: Numbers, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(breaker={"minimum_calls": 2, "failure_rate": 0.5})
    upstream.will(Scripted(500))
    corridor.call("crm-find", {"account": 7})
    corridor.call("crm-find", {"account": 7})
    assert numbers.grown("breaker_transitions_total", to="open") == 1
    assert numbers.grown("breakers", state="open") == 1


def test_it_shows_circuits_that_somebody_holds(numbers: Numbers, acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="maintenance", by=CASTING)
    assert numbers.grown("breakers_held", hold="open") == 1
    assert numbers.grown("breakers_held", hold="closed") == 0


def test_it_shows_what_has_not_ended(numbers: Numbers, acme: Tenant) -> None:
    overdue = timezone.now() - timedelta(seconds=40)
    with within(acme.id):
        for status, waits_for in (
            (Status.RUNNING, ""),
            (Status.PENDING, WaitsFor.WORKER),
            (Status.PENDING, WaitsFor.WORKER),
            (Status.PENDING, WaitsFor.APPROVAL),
            (Status.SUCCEEDED, ""),
        ):
            Execution.objects.create(
                tenant=acme, tool_slug="crm-find", status=status, waits_for=waits_for, started_at=overdue
            )
    assert numbers.grown("executions_unfinished", waits_for="nothing") == 1
    assert numbers.grown("executions_unfinished", waits_for="worker") == 2
    assert numbers.grown("executions_unfinished", waits_for="approval") == 1
    assert numbers.grown("executions_overdue_seconds") >= 40


def test_it_shows_what_the_database_is_asked_for(numbers: Numbers, corridor: Corridor) -> None:
    leave = threading.Event()

    def work() -> None:
        connection.ensure_connection()
        leave.wait(10)

    working = [corridor.loop.start(in_database_thread(work)) for _ in range(2)]
    until(lambda: numbers.grown("database_connections_busy") == 2)
    # The reading of these numbers itself has not begun or has ended.
    assert numbers.grown("database_threads_busy") == 2
    assert numbers.grown("database_threads_waiting") == 0
    assert numbers.grown("database_connections_waiting") == 0
    leave.set()
    for each in working:
        each.result(10)
    assert numbers.grown("database_threads_busy") == 0


@pytest.mark.parametrize(("patience", "timeout"), [(0.1, 5), (5, 0.1)])
def test_it_is_read_when_the_database_gives_no_connection(
    patience: float, timeout: float, numbers: Numbers, corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = own_pool()
    monkeypatch.setattr("config.patience.PATIENCE_SECONDS", patience)
    monkeypatch.setattr(pool, "timeout", timeout)
    with exhausted(pool):
        found = corridor.loop.run(read())
    assert found["quartermaster_database_connections_busy", frozenset()] == settings.DATABASE_POOL_SIZE
    unsealed = ("quartermaster_audit_entries_unsealed", frozenset[Any]())
    assert (unsealed in numbers.before, unsealed in found) == (True, False)


def test_it_names_no_tenant_and_no_tool(numbers: Numbers, corridor: Corridor, register: Register) -> None:
    register()
    corridor.call("crm-find", {"account": 7})
    answer = corridor.loop.run(AsyncClient().get("/metrics"))
    assert not [word for word in ("acme", "crm-find", "scout") if word in answer.content.decode()]


class TestWhoMayRead:
    async def status(self, *, address: str = "127.0.0.1", headers: dict[str, str] | None = None) -> int:
        request = AsyncRequestFactory().get("/metrics", headers=headers or {})
        request.META["REMOTE_ADDR"] = address
        return (await metrics(request)).status_code

    async def test_this_machine_may(self) -> None:
        assert await self.status() == 200

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
    async def test_a_proxy_on_this_machine_may_not(self, header: str) -> None:
        assert await self.status(headers={header: "203.0.113.9"}) == 403

    @pytest.mark.parametrize("address", ["203.0.113.9", "", "unix:"])
    async def test_another_machine_may_not(self, address: str) -> None:
        assert await self.status(address=address) == 403

    async def test_who_shows_the_token_may_and_nobody_else(self, settings: Any) -> None:
        settings.METRICS_TOKEN = "let-prometheus-in"
        assert await self.status(headers={"Authorization": "Bearer let-prometheus-in"}) == 200
        assert await self.status(headers={"Authorization": "Bearer guess"}) == 403
        assert await self.status() == 403

    async def test_it_says_what_to_send(self) -> None:
        answer = await AsyncClient().get("/metrics", headers={"Forwarded": "for=203.0.113.9"})
        assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", "forbidden")
        assert "METRICS_TOKEN" in answer.json()["detail"]


async def test_it_speaks_openmetrics_to_those_who_ask_for_it() -> None:
    answer = await AsyncClient().get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")
