import asyncio
import threading

import pytest

from accounts.offload import in_database_thread


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
