import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.intervals import (
    EVERYTHING,
    NOTHING,
    Interval,
    Intervals,
    below,
    condition,
    covers,
    covers_all,
    joined,
    meet,
)

PATHS = st.lists(st.text("aAzZ09-.:@+", min_size=1, max_size=3), min_size=1, max_size=4).map(
    lambda parts: "".join(f"a{part}/" for part in parts)
)
A, AB, AC, B = below("a/"), below("a/b/"), below("a/c/"), below("b/")


@given(PATHS, PATHS)
def test_it_holds_what_begins_with_the_path_and_nothing_else(path: str, other: str) -> None:
    assert (other in below(path)) == other.startswith(path)
    assert path + other in below(path)


def test_it_holds_every_namespace_when_the_path_is_empty() -> None:
    assert below("") == EVERYTHING[0]
    assert [covers(EVERYTHING, each) for each in ("z/", "0/", "A/")] == [True, True, True]


@pytest.mark.parametrize(
    ("intervals", "interval", "whole"),
    [((A,), AB, True), ((AB,), A, False), ((AB, AC), A, False), (EVERYTHING, A, True), (NOTHING, A, False)],
)
def test_it_says_whether_the_whole_is_covered(intervals: Intervals, interval: Interval, whole: bool) -> None:
    assert covers_all(intervals, interval) is whole


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ((A,), (AB,), (AB,)),
        ((AB,), (A,), (AB,)),
        ((A,), (B,), NOTHING),
        (EVERYTHING, (AC, B), (AC, B)),
        (NOTHING, EVERYTHING, NOTHING),
        ((A, B), (AC, B), (AC, B)),
    ],
)
def test_it_finds_what_is_in_both(left: Intervals, right: Intervals, both: Intervals) -> None:
    assert meet(left, right) == both


def test_it_makes_one_of_those_that_touch() -> None:
    assert joined([Interval("c", "d"), Interval("a", "b"), Interval("b", "c"), AB]) == (Interval("a", "d"),)
    assert joined([B, A]) == (A, B)
    assert joined([]) == NOTHING


def test_it_asks_nothing_for_everything_and_finds_nothing_for_nothing() -> None:
    assert str(condition(EVERYTHING)) == "(AND: )"
    assert str(condition(NOTHING)) == "(AND: ('pk__in', []))"
    assert str(condition((A,), column="memory__namespace")) == (
        "(OR: ('pk__in', []), (AND: ('memory__namespace__gte', 'a/'), ('memory__namespace__lt', 'a0')))"
    )
