"""How a process ends that runs executions."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.models import Tenant
from config import celery, closing
from config.application import lifespan
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor, Loop
from tests.registry.execution.rows import executions
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_loop(corridor_loop: Loop) -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def test_it_waits_for_the_calls_that_end_in_time_and_no_longer(
    acme: Tenant,
    corridor: Corridor,
    own_loop: Loop,
    register: Register,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.execution.watch.LAST_SECONDS", 60.0)
    register()
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", {"account": 7})
    assert arrived.wait(10)
    own_loop.run(closing.begin())
    ending = own_loop.start(closing.close())
    assert not ending.done()
    leave.set()
    assert running.result(20).status == Status.SUCCEEDED
    ending.result(20)
    assert [row.status for row in executions(acme)] == [Status.SUCCEEDED]


def test_the_server_hears_that_it_is_over_when_it_is(
    corridor: Corridor, own_loop: Loop, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = Corridor(own_loop, corridor.key).start("crm-find", {"account": 7})
    assert arrived.wait(10)
    own_loop.run(closing.begin())
    said: list[tuple[str, bool]] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.shutdown"}

    async def send(message: Mapping[str, Any]) -> None:
        said.append((message["type"], running.done()))

    ending = own_loop.start(lifespan({}, receive, send))
    assert said == []
    leave.set()
    ending.result(20)
    assert said == [("lifespan.shutdown.complete", True)]


def test_it_ends_at_once_when_nothing_runs(own_loop: Loop) -> None:
    own_loop.run(closing.begin())
    own_loop.run(closing.close())


def test_a_worker_ends_the_same_way() -> None:
    celery._begin_to_close()
    celery._close()
