"""Where synchronous code starts asynchronous work: one event loop per process, in a thread of its own.

For Celery's tasks and the command line. A web process has its server's loop and needs none.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def start(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run it beside everything else; returns at once."""
    return asyncio.run_coroutine_threadsafe(work, _loop(os.getpid()))


@cache
def _loop(pid: int) -> asyncio.AbstractEventLoop:
    """Made on first use, so after any fork."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="bridge", daemon=True).start()
    return loop
