"""The threads in which the storage is spoken to: their own, so that one which hangs keeps nothing else waiting."""

import asyncio
import contextvars
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

THREADS = 16

P = ParamSpec("P")
T = TypeVar("T")


async def in_storage_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a thread of the pool.

    A thread cannot be stopped half-way: who is cancelled meanwhile goes on at once, and leaves it to its end.
    """
    work = partial(contextvars.copy_context().run, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), work)


@cache
def _threads(pid: int) -> ThreadPoolExecutor:
    """One pool per process, made after any fork."""
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="storage")
