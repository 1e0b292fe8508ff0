"""What a worker does when it is told, and what it finds when it is not."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import bridge
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from config.schedule import SCHEDULE
from integrations import egress
from registry.execution import shared, watch
from tests.catalogue import Register
from tests.patience import until
from tests.upstream import Upstream
from tests.webhooks.queue.rows import make_route
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import INPUT, make_run
from webhooks import retention, tasks, worker
from webhooks.models import WebhookRun
from webhooks.sources import state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module", autouse=True)
def worker_loop() -> Iterator[None]:
    """The loop of the tasks is another one than the other tests': leave nothing open in it."""
    yield
    bridge.start(_close()).result(10)


async def _close() -> None:
    await worker.aclose()
    await watch.aclose()
    await egress.aclose()
    await shared.aclose()
    await asyncio.sleep(0.05)  # for its transports to close


def statuses(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return list(WebhookRun.objects.values_list("status", flat=True))


def test_an_event_becomes_an_effect(acme: Tenant, scout: Agent, register: Register, upstream: Upstream) -> None:
    register()
    make_route(scout)
    make_event(make_source(acme), INPUT)
    tasks.route_events()
    until(lambda: statuses(acme) == ["succeeded"])
    assert [received.json for received in upstream.received] == [INPUT]


def test_what_is_due_is_found_by_the_schedule(acme: Tenant, scout: Agent, register: Register) -> None:
    register()
    make_run(scout)
    tasks.work_queues()
    until(lambda: statuses(acme) == ["succeeded"])


def test_what_a_gone_worker_had_is_done(acme: Tenant, scout: Agent, register: Register) -> None:
    register()
    run = make_run(scout)
    with within(acme.id):
        over = timezone.now() - timedelta(days=1)
        WebhookRun.objects.filter(id=run.id).update(status="running", taken=1, lease_until=over)
    until(lambda: end_lost_until_done(acme))


def end_lost_until_done(tenant: Tenant) -> bool:
    """The database of a test may be younger than a lease."""
    tasks.end_lost()
    return statuses(tenant) == ["succeeded"]


def test_the_schedule_names_tasks_that_there_are() -> None:
    named = [str(entry["task"]) for entry in SCHEDULE.values()]
    ours = [name.removeprefix("webhooks.tasks.") for name in named if name.startswith("webhooks.")]
    assert {"route_events", "work_queues", "end_lost"} <= set(ours)
    assert all(hasattr(tasks, name) for name in ours)


def test_they_call_their_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(state, "release_held", lambda: called.append("release_held"))
    monkeypatch.setattr(retention, "expire_events", lambda: called.append("expire_events"))
    tasks.release_held()
    tasks.expire_events()
    assert called == ["release_held", "expire_events"]
