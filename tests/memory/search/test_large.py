import pytest

from accounts.errors import Throttled
from memory.search.large import large_search


def test_it_lets_two_in_and_no_third() -> None:
    with large_search(), large_search():
        with pytest.raises(Throttled) as refused, large_search(patience=0):
            pass
        assert refused.value.retry_after == 1


def test_it_gives_the_turn_back_whatever_happens() -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match="broken"), large_search(patience=0):
            raise ValueError("broken")
