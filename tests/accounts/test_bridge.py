import asyncio
import threading

from accounts import bridge


async def where() -> tuple[int, str]:
    await asyncio.sleep(0)
    return id(asyncio.get_running_loop()), threading.current_thread().name


def test_it_runs_everything_in_one_loop_of_its_own_thread() -> None:
    first, second = bridge.start(where()).result(10), bridge.start(where()).result(10)
    assert first == second
    assert first[1] == "bridge"


def test_it_does_not_wait() -> None:
    go_on = threading.Event()

    async def slow() -> bool:
        return await asyncio.to_thread(go_on.wait, 10)

    running = bridge.start(slow())
    assert not running.done()
    go_on.set()
    assert running.result(10) is True
