"""`/healthz`: this process answers. `/readyz`: what it stands on, each named, in the time a probe has."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from accounts.liveness import WORKER_SEEN
from accounts.offload import in_database_thread
from config.patience import PATIENCE_SECONDS, asked_in_time

WORKER_SILENCE_SECONDS = 6.0
OK = "ok"


@never_cache
async def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": OK})


@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """`ready`; `degraded` (200) without Redis or a worker; `unready` (503) without PostgreSQL."""
    postgresql, redis, worker = await asyncio.gather(
        _told("postgresql", in_database_thread(_ask_postgresql)),
        _told("redis", asyncio.to_thread(_ask_redis)),
        _told("worker", asyncio.to_thread(_ask_worker)),
    )
    checks = {"postgresql": postgresql, "redis": redis, "worker": worker}
    if postgresql != OK:
        return JsonResponse({"status": "unready", "checks": checks}, status=503)
    return JsonResponse({"status": "ready" if set(checks.values()) == {OK} else "degraded", "checks": checks})


async def _told(name: str, question: Coroutine[Any, Any, str]) -> str:
    asked = await asked_in_time(question)
    if asked is None:
        return f"{name} did not answer within {PATIENCE_SECONDS:g} seconds"
    error = asked.exception()
    return f"{name} cannot be reached ({type(error).__name__})" if error else asked.result()


def _ask_postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _ask_redis() -> str:
    cache.get("readyz")
    return OK


def _ask_worker() -> str:
    try:
        seen = cache.get(WORKER_SEEN)
    except RedisError:
        return "unknown while redis is away"
    if seen is None:
        return "no scheduled task has run yet, or not for a long time"
    silence = time.time() - seen
    if silence < WORKER_SILENCE_SECONDS:
        return OK
    return f"no scheduled task has run for {silence:.0f} seconds: the worker or beat is away"
