"""What one worker runs at once."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import bridge
from accounts.models import Tenant
from integrations import egress
from integrations.vault.memory import in_memory
from registry import tasks
from registry.execution import shared, watch
from registry.execution.types import Mode, Outcome
from registry.hands import Hands
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.rows import executions, stored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


@pytest.fixture(scope="module")
def worker_loop() -> Iterator[None]:
    """The loop of the tasks is another one than the other tests': leave nothing open in it."""
    yield
    bridge.start(_close()).result(10)


async def _close() -> None:
    await watch.aclose()
    await egress.aclose()
    await shared.aclose()
    await asyncio.sleep(0.05)  # for its transports to close


def ask_for(corridor: Corridor) -> Outcome:
    return corridor.call("crm-find", INPUT, mode=Mode.ASYNC)


def statuses(tenant: Tenant) -> list[str]:
    return [row.status for row in executions(tenant)]


def taken_due(corridor: Corridor, hands: Hands) -> bool:
    """As the schedule does it, again and again."""
    corridor.loop.run(hands.take_due())
    return True


async def take(hands: Hands, *outcomes: Outcome) -> None:
    for outcome in outcomes:
        hands.take(outcome.tenant, outcome.id)


def test_it_runs_many_at_once(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    waiting = [ask_for(corridor) for _ in range(5)]
    _, leave = upstream.will_wait()
    corridor.loop.run(take(Hands(), *waiting))
    until(lambda: len(upstream.received) == 5)
    leave.set()
    until(lambda: set(statuses(acme)) == {Status.SUCCEEDED})


def test_it_leaves_what_it_has_no_hand_for_until_one_is_free(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    settings.WORKER_EXECUTIONS = 1
    register()
    first, second = ask_for(corridor), ask_for(corridor)
    arrived, leave = upstream.will_wait()
    corridor.loop.run(take(Hands(), first, second, first))
    assert arrived.wait(10)
    assert statuses(acme) == [Status.RUNNING, Status.PENDING]
    leave.set()
    until(lambda: statuses(acme) == [Status.SUCCEEDED, Status.SUCCEEDED])
    assert len(upstream.received) == 2


def test_it_takes_what_is_due(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    for _ in range(3):
        ask_for(corridor)
    corridor.loop.run(Hands().take_due())
    until(lambda: set(statuses(acme)) == {Status.SUCCEEDED})


def test_it_serves_the_tenants_in_turn(
    acme: Tenant, globex: Tenant, corridor: Corridor, spy_corridor: Corridor, register: Register, settings: Any
) -> None:
    settings.WORKER_EXECUTIONS = 1
    register()
    register(tenant=globex)
    for _ in range(3):
        ask_for(corridor)
    other = ask_for(spy_corridor)
    hands = Hands()
    until(lambda: taken_due(corridor, hands) and set(statuses(acme) + statuses(globex)) == {Status.SUCCEEDED})
    ended = sorted(executions(acme) + executions(globex), key=lambda row: row.finished_at or timezone.now())
    assert other.id in {row.id for row in ended[:2]}


def test_what_cannot_be_claimed_is_in_nobodys_way(
    acme: Tenant, corridor: Corridor, register: Register, settings: Any, tmp_path: Path
) -> None:
    settings.WORKER_EXECUTIONS = 1
    register()
    locked, claimable = ask_for(corridor), ask_for(corridor)
    key, settings.VAULT_KEY_FILE = settings.VAULT_KEY_FILE, tmp_path / "not-there"
    in_memory.clear()
    hands = Hands()
    corridor.loop.run(hands.take_due())
    until(lambda: stored(acme, locked).due_at is not None)
    due_at = stored(acme, locked).due_at
    assert due_at is not None
    assert timedelta(seconds=20) < due_at - timezone.now() <= timedelta(seconds=30)
    settings.VAULT_KEY_FILE = key
    until(lambda: taken_due(corridor, hands) and stored(acme, claimable).status == Status.SUCCEEDED)
    assert (stored(acme, locked).status, stored(acme, locked).run) == (Status.PENDING, 0)


def test_it_takes_nothing_when_its_process_ends(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    waiting = ask_for(corridor)

    async def offer() -> None:
        watch.watch().is_closing = True
        hands = Hands()
        hands.take(waiting.tenant, waiting.id)
        await hands.take_due()
        watch.watch().is_closing = False

    corridor.loop.run(offer())
    assert statuses(acme) == [Status.PENDING]


@pytest.mark.parametrize("task", ["resume_executions", "resume_due"])
def test_the_worker_is_told_by_a_task(
    worker_loop: None, task: str, acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    waiting = ask_for(corridor)
    if task == "resume_due":
        tasks.resume_due()
    else:
        tasks.resume_executions([(str(waiting.tenant), str(waiting.id))])
    until(lambda: statuses(acme) == [Status.SUCCEEDED])
