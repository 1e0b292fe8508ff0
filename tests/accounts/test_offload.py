import asyncio
import threading

import pytest
from django.conf import settings

from accounts.metrics import PREFIX, all_processes
from accounts.offload import in_database_thread


def at_work_and_waiting() -> tuple[float | None, float | None]:
    found = all_processes()
    return (
        found.get_sample_value(f"{PREFIX}database_threads_busy"),
        found.get_sample_value(f"{PREFIX}database_threads_waiting"),
    )


async def test_it_gives_what_the_function_gives() -> None:
    assert await in_database_thread(pow, 2, 5) == 32


async def test_it_raises_what_the_function_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_database_thread(divmod, 1, 0)


async def test_it_is_cancelled_only_when_the_work_has_ended() -> None:
    started, leave, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        leave.wait(10)
        ended.set()

    waiting = asyncio.ensure_future(in_database_thread(work))
    await asyncio.to_thread(started.wait, 10)
    waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    leave.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_it_counts_the_work_that_is_done_and_that_waits() -> None:
    arrived, leave = threading.Semaphore(0), threading.Event()

    def work() -> None:
        arrived.release()
        leave.wait(10)

    assert at_work_and_waiting() == (0, 0)
    threads = settings.DATABASE_POOL_SIZE
    working = [asyncio.ensure_future(in_database_thread(work)) for _ in range(threads + 2)]
    for _ in range(threads):
        assert await asyncio.to_thread(arrived.acquire, timeout=10)
    assert at_work_and_waiting() == (threads, 2)
    leave.set()
    await asyncio.gather(*working)
    assert at_work_and_waiting() == (0, 0)
