from threading import Event, Thread

import pytest

from accounts.errors import Throttled
from memory.search import large
from memory.search.large import large_search
from memory.search.limits import MOST_LARGE_WAITING
from tests.patience import until


def test_it_lets_two_in_and_no_third() -> None:
    with large_search(), large_search():
        with pytest.raises(Throttled) as refused, large_search(patience=0):
            pass
        assert refused.value.retry_after == 1


def test_it_gives_the_turn_back_whatever_happens() -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="broken"), large_search(patience=0):
            raise ValueError("broken")


def test_it_lets_few_wait_so_that_others_have_threads_and_connections() -> None:
    waiting, let_in = [Event() for _ in range(MOST_LARGE_WAITING)], []

    def wait(is_there: Event) -> None:
        is_there.set()
        with large_search(patience=60):
            let_in.append(True)

    threads = [Thread(target=wait, args=(each,)) for each in waiting]
    with large_search(), large_search():
        for thread, each in zip(threads, waiting, strict=True):
            thread.start()
            assert each.wait(30)
        until(lambda: large._places._value == 0)
        with pytest.raises(Throttled), large_search(patience=60):
            pass
        assert let_in == []
    for thread in threads:
        thread.join(30)
    assert let_in == [True, True]
