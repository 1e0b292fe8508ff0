import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.test import AsyncClient

from accounts.liveness import WORKER_SEEN, note_worker_alive
from config.readiness import WORKER_SILENCE_SECONDS
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)


async def ask() -> tuple[int, dict[str, Any]]:
    answer = await AsyncClient().get("/readyz")
    return answer.status_code, answer.json()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_process_that_answers_is_healthy() -> None:
    answer = await AsyncClient().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_all_of_it_works() -> None:
    note_worker_alive()
    checks = {"postgresql": "ok", "redis": "ok", "worker": "ok"}
    assert await ask() == (200, {"status": "ready", "checks": checks})


async def test_it_is_degraded_before_a_worker_was_seen() -> None:
    status, body = await ask()
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["worker"] == "no scheduled task has run yet, or not for a long time"


async def test_it_says_how_long_the_worker_has_been_silent() -> None:
    cache.set(WORKER_SEEN, time.time() - WORKER_SILENCE_SECONDS - 100)
    _, body = await ask()
    assert body["status"] == "degraded"
    assert body["checks"]["worker"].startswith("no scheduled task has run for 10")


async def test_it_is_degraded_while_redis_does_not_answer(servers: Servers) -> None:
    note_worker_alive()
    with frozen(servers.processes[1].pid):
        status, body = await ask()
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["postgresql"] == "ok"
    assert body["checks"]["redis"].startswith("redis ")
