"""Where asynchronous code touches the ORM: a bounded pool of threads, each holding a connection only while it works."""

import asyncio
import contextvars
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection
from prometheus_client import Gauge

from accounts.metrics import PREFIX

P = ParamSpec("P")
T = TypeVar("T")

BUSY = Gauge(
    f"{PREFIX}database_threads_busy", "Threads that work with PostgreSQL for the corridor.", multiprocess_mode="livesum"
)
WAITING = Gauge(
    f"{PREFIX}database_threads_waiting", "Work of the corridor that waits for a thread.", multiprocess_mode="livesum"
)


async def in_database_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`, whole, in a thread of the pool; its connection goes back before this returns.

    A thread cannot be stopped half-way: who is cancelled meanwhile is cancelled when the thread has ended.
    """
    WAITING.inc()
    # What a thread logs belongs to the call that it works for.
    work = partial(contextvars.copy_context().run, _holding_a_connection, partial(function, *args, **kwargs))
    running = asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        raise


def _holding_a_connection(work: Callable[[], T]) -> T:
    WAITING.dec()
    BUSY.inc()
    try:
        return work()
    finally:
        give_connection_back()
        BUSY.dec()


def give_connection_back() -> None:
    """Return this thread's connection to the pool, unless a transaction around us still needs it."""
    if not connection.in_atomic_block:
        connection.close()


@cache
def _threads(pid: int) -> ThreadPoolExecutor:
    """One pool per process, made after any fork; no larger than the connection pool, so that none waits in vain."""
    return ThreadPoolExecutor(max_workers=settings.DATABASE_POOL_SIZE, thread_name_prefix="orm")
