"""What a worker process does at once: real rows, taken by hands in a real event loop, the work itself made up."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import platform
from tests.corridor import Loop
from tests.patience import until
from tests.webhooks.queue.rows import WENT, as_it_stands, make_route, make_runs
from webhooks.models import WebhookRun
from webhooks.queue import hands as hands_module
from webhooks.queue.claim import LOOKED_THROUGH
from webhooks.queue.hands import Hands
from webhooks.queue.kinds import RUNS
from webhooks.queue.success import succeed
from webhooks.queue.types import Taken

pytestmark = pytest.mark.django_db(transaction=True)


def statuses() -> Counter[str]:
    with platform():
        return Counter(WebhookRun.objects.values_list("status", flat=True))


async def do_at_once(taken: Taken) -> None:
    await in_database_thread(succeed, taken, WENT)


MakeHands = Callable[..., Hands]


@pytest.fixture
def make_hands(corridor_loop: Loop, own_loop: Loop) -> Iterator[MakeHands]:
    """Hands in the corridor's loop, or in another one; they are closed in the end."""
    made: list[tuple[Loop, Hands]] = []

    def make(work: Any, loop: Loop = corridor_loop) -> Hands:
        made.append((loop, Hands(RUNS, work)))
        return made[-1][1]

    yield make
    for loop, hands in made:
        loop.run(hands.aclose())


class Work:
    """Work that lasts until it is told to end."""

    def __init__(self) -> None:
        self.begun: list[Taken] = []
        self.may_end = asyncio.Event()

    async def __call__(self, taken: Taken) -> None:
        self.begun.append(taken)
        await self.may_end.wait()
        await do_at_once(taken)


def test_a_backlog_drains(scout: Agent, corridor_loop: Loop, make_hands: MakeHands) -> None:
    make_runs(make_route(scout), 60)
    corridor_loop.run(make_hands(do_at_once).look())
    until(lambda: statuses() == {"succeeded": 60})


def test_one_key_at_a_time_whoever_takes_and_nothing_is_left_behind(
    scout: Agent,
    corridor_loop: Loop,
    make_hands: MakeHands,
    own_loop: Loop,
) -> None:
    """Two processes: what is set aside while its forerunner ends elsewhere must not be forgotten."""
    route = make_route(scout, ordered_by="body.id", concurrency=4)
    runs = {key: make_runs(route, 8, order_key=key) for key in ("a", "b", "c")}
    done: dict[str, list[Any]] = {key: [] for key in runs}
    key_of = {run.id: key for key, of_key in runs.items() for run in of_key}
    at_work: Counter[str] = Counter()
    together: list[str] = []

    async def work(taken: Taken) -> None:
        key = key_of[taken.id]
        at_work[key] += 1
        if at_work[key] > 1:
            together.append(key)
        await asyncio.sleep(0.001)
        done[key].append(taken.id)
        at_work[key] -= 1
        await do_at_once(taken)

    for loop in (corridor_loop, own_loop):
        loop.run(make_hands(work, loop).look())
    until(lambda: statuses() == {"succeeded": 24})
    assert together == []
    assert done == {key: [run.id for run in of_key] for key, of_key in runs.items()}


def test_a_key_that_waits_keeps_no_other_from_being_reached(
    scout: Agent, corridor_loop: Loop, make_hands: MakeHands
) -> None:
    route = make_route(scout, ordered_by="body.id", concurrency=1)
    make_runs(route, order_key="a", due_at=timezone.now() + timedelta(hours=1))
    make_runs(route, 3 * LOOKED_THROUGH, order_key="a")
    make_runs(route, order_key="b")
    corridor_loop.run(make_hands(do_at_once).look())
    until(lambda: statuses() == {"succeeded": 1, "waiting": 3 * LOOKED_THROUGH + 1})


def test_never_more_of_a_lane_than_may_run_whoever_takes(
    scout: Agent,
    corridor_loop: Loop,
    make_hands: MakeHands,
    own_loop: Loop,
) -> None:
    make_runs(make_route(scout, concurrency=3), 40)
    lock, at_work, most = threading.Lock(), set[Any](), 0

    async def work(taken: Taken) -> None:
        nonlocal most
        with lock:
            at_work.add(taken.id)
            most = max(most, len(at_work))
        await asyncio.sleep(0.001)
        with lock:
            at_work.remove(taken.id)
        await do_at_once(taken)

    for loop in (corridor_loop, own_loop):
        loop.run(make_hands(work, loop).look())
    until(lambda: statuses() == {"succeeded": 40})
    assert 1 <= most <= 3


def test_a_tenants_flood_leaves_hands_for_another(
    acme: Tenant, scout: Agent, globex: Tenant, spy: Agent, corridor_loop: Loop, make_hands: MakeHands, settings: Any
) -> None:
    settings.WEBHOOK_RUNS = 6
    for number in range(3):
        make_runs(make_route(scout, f"slow-{number}"), 20)
    work = Work()
    hands = make_hands(work)
    corridor_loop.run(hands.look())
    until(lambda: len(work.begun) == 3)
    [quick] = make_runs(make_route(spy))
    corridor_loop.run(hands.look())
    until(lambda: len(work.begun) == 4)
    assert work.begun[-1].id == quick.id
    corridor_loop.event_loop.call_soon_threadsafe(work.may_end.set)
    until(lambda: statuses() == {"succeeded": 61})


def test_what_breaks_is_put_off_and_in_nobodys_way(
    scout: Agent, corridor_loop: Loop, make_hands: MakeHands, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = make_runs(make_route(scout, concurrency=1), 2)

    async def work(taken: Taken) -> None:
        if taken.id == broken.id:
            raise ValueError
        await do_at_once(taken)

    corridor_loop.run(make_hands(work).look())
    until(lambda: as_it_stands(whole).status == "succeeded")
    broken = as_it_stands(broken)
    assert (broken.status, broken.attempts) == ("waiting", 0)
    assert broken.due_at is not None
    assert timedelta(seconds=20) < broken.due_at - timezone.now() <= timedelta(seconds=30)
    assert "Something taken from a queue could not be done." in caplog.text


def test_it_goes_on_when_postgresql_is_back(
    scout: Agent,
    corridor_loop: Loop,
    make_hands: MakeHands,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_runs(make_route(scout))
    hands = make_hands(do_at_once)
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(hands_module, "claim", away)
        corridor_loop.run(hands.look())
    assert "What is due could not be taken (DatabaseError)" in caplog.text
    assert statuses() == {"waiting": 1}
    corridor_loop.run(hands.look())
    until(lambda: statuses() == {"succeeded": 1})


def test_leases_are_extended_while_the_work_goes_on(
    scout: Agent,
    corridor_loop: Loop,
    make_hands: MakeHands,
    settings: Any,
) -> None:
    settings.WEBHOOK_LEASE_SECONDS = 0.3
    [run] = make_runs(make_route(scout))
    work = Work()
    hands = make_hands(work)
    corridor_loop.run(hands.look())
    first = as_it_stands(run).lease_until
    assert first is not None
    until(lambda: (as_it_stands(run).lease_until or first) > first)
    corridor_loop.event_loop.call_soon_threadsafe(work.may_end.set)
    until(lambda: statuses() == {"succeeded": 1})


def test_a_process_that_ends_gives_away_what_does_not_end_in_time(
    scout: Agent, corridor_loop: Loop, make_hands: MakeHands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands_module, "DRAIN_SECONDS", 0.05)
    [held, waiting] = make_runs(make_route(scout, concurrency=1), 2)
    hands = make_hands(Work())
    corridor_loop.run(hands.look())
    corridor_loop.run(hands.aclose())
    held, waiting = as_it_stands(held), as_it_stands(waiting)
    assert (held.status, held.attempts, waiting.status) == ("waiting", 0, "waiting")
    assert held.due_at is not None
    assert held.due_at <= timezone.now()


def test_leases_are_tried_again_when_they_could_not_be_extended(
    scout: Agent,
    corridor_loop: Loop,
    make_hands: MakeHands,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.WEBHOOK_LEASE_SECONDS = 0.1
    make_runs(make_route(scout))
    work = Work()
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(hands_module, "extend", away)
        corridor_loop.run(make_hands(work).look())
        until(lambda: caplog.text.count("Leases were not extended (DatabaseError)") == 2)
    corridor_loop.event_loop.call_soon_threadsafe(work.may_end.set)
    until(lambda: statuses() == {"succeeded": 1})


def away(*args: Any) -> Any:
    raise DatabaseError
