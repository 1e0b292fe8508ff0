"""The open calls of a process: leases, progress, and how a process that ends lets go of them."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from registry import builtins
from registry.execution import watch
from registry.execution.passage import progress_of
from registry.models import Execution
from registry.models.execution import Status, WaitsFor
from tests.catalogue import Register
from tests.corridor import Corridor, Loop
from tests.patience import until
from tests.registry.execution.rows import entries, executions, stored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


async def close(seconds: float) -> None:
    watch.watch().begin_to_close(seconds)


async def tick() -> None:
    await watch.watch().extend()


def change(tenant: Tenant, **fields: Any) -> None:
    with within(tenant.id):
        Execution.objects.update(**fields)


def test_it_extends_the_leases_of_what_runs(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = [corridor.start("crm-find", INPUT) for _ in range(3)]
    assert arrived.wait(10)
    until(lambda: len(executions(acme)) == 3)
    change(acme, lease_until=timezone.now())
    corridor.loop.run(tick())
    leases = [row.lease_until for row in executions(acme) if row.status == Status.RUNNING]
    leave.set()
    assert all(lease is not None and lease > timezone.now() + timedelta(seconds=5) for lease in leases)
    assert {each.result(20).status for each in running} == {Status.SUCCEEDED}


def test_it_stops_what_another_process_has_ended(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", INPUT)
    assert arrived.wait(10)
    change(acme, status=Status.FAILED, error={"code": "outcome_unknown", "status": 504}, lease_until=None)
    corridor.loop.run(tick())
    outcome = running.result(20)
    leave.set()
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.FAILED, "outcome_unknown")
    assert entries(acme, outcome) == []


def test_a_process_that_ends_gives_back_what_is_safe_to_repeat(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register(idempotent=True)
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", INPUT)
    assert arrived.wait(10)
    own_loop.run(close(0))
    outcome = running.result(20)
    leave.set()
    assert (outcome.status, outcome.waits_for, outcome.error) == (Status.PENDING, "worker", None)
    row = stored(acme, outcome)
    assert (row.status, row.waits_for, row.attempts) == (Status.PENDING, WaitsFor.WORKER, 1)
    assert (row.lease_until, row.sealed_input is None) == (None, False)
    assert entries(acme, outcome) == []


def test_it_says_that_nobody_knows_what_became_of_the_others(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", INPUT)
    assert arrived.wait(10)
    own_loop.run(close(0))
    outcome = running.result(20)
    leave.set()
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.FAILED, "outcome_unknown")
    assert stored(acme, outcome).status == Status.FAILED


def test_it_lets_end_what_ends_soon(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", INPUT)
    assert arrived.wait(10)
    own_loop.run(close(60))
    closing = own_loop.start(watch.aclose())
    leave.set()
    assert running.result(20).status == Status.SUCCEEDED
    closing.result(20)


def test_a_read_that_nobody_can_take_up_is_not_the_callers_doing(
    acme: Tenant, corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register(read_only=True)
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", INPUT)
    assert arrived.wait(10)
    own_loop.run(close(0))
    running.cancel()
    leave.set()
    until(lambda: len(executions(acme)) == 1)
    [row] = executions(acme)
    assert row.error is not None
    assert (row.status, row.error["code"]) == (Status.FAILED, "unavailable")


@pytest.fixture
def counting() -> Iterator[tuple[str, threading.Event]]:
    """A built-in that says how far it is until it is let go."""
    leave = threading.Event()

    async def count(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        page = 0
        while not leave.is_set():
            page += 1
            context.progress(min(1.0, page / 1000), f"page {page}")
            await asyncio.sleep(0.01)
        return {"pages": page}

    builtins.register("counting", count)
    yield "counting", leave
    builtins.forget("counting")


def test_it_keeps_how_far_a_call_is(
    acme: Tenant, corridor: Corridor, register: Register, counting: tuple[str, threading.Event]
) -> None:
    name, leave = counting
    register(transport="builtin", definition={"function": name})
    running = corridor.start("crm-find", INPUT)
    until(lambda: bool(executions(acme)) and executions(acme)[0].progress is not None)
    shown = corridor.get(f"executions/{executions(acme)[0].id}/").json()
    leave.set()
    assert shown["status"] == "running"
    assert 0 < shown["progress"]["fraction"] <= 1
    assert shown["progress"]["message"].startswith("page ")
    assert set(shown["progress"]) == {"fraction", "message", "at"}
    assert running.result(20).status == Status.SUCCEEDED


def test_it_does_not_watch_what_has_no_row(corridor: Corridor, own_loop: Loop, register: Register) -> None:
    register(read_only=True)
    Corridor(own_loop, corridor.key).call("crm-find", INPUT)

    async def is_watching() -> bool:
        return watch.watch().is_ticking

    assert own_loop.run(is_watching()) is False


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((0.5, "half way"), (0.5, "half way")),
        ((None, "working"), (None, "working")),
        ((float("nan"), ""), (None, "")),
        ((7, ""), (1.0, "")),
        ((-1, ""), (0.0, "")),
        ((0, "a\0b\ud800"), (0.0, "ab?")),
        ((1, "x" * 500), (1.0, "x" * 200)),
        ((1, "with hunter22 in it"), (1.0, "with [redacted:secret] in it")),
    ],
)
def test_it_shows_only_what_may_be_kept(told: tuple[Any, str], kept: tuple[float | None, str]) -> None:
    progress = progress_of(*told, ("hunter22",))
    assert (progress.fraction, progress.message) == kept
