from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.batches.graph import find_circle


def needs(**each: str) -> dict[str, frozenset[str]]:
    """`a="bc"`: a needs b and c."""
    return {name: frozenset(needed) for name, needed in each.items()}


def test_it_finds_none_where_everybody_gets_their_turn() -> None:
    assert find_circle(needs(a="", b="a", c="ab", d="")) is None


def test_it_names_who_waits_for_each_other() -> None:
    assert find_circle(needs(x="", a="b", b="c", c="a")) == ["a", "b", "c", "a"]


def test_it_leaves_out_who_only_waits_for_the_circle() -> None:
    assert find_circle(needs(late="a", a="b", b="a")) == ["a", "b", "a"]


def test_it_finds_the_smallest_circle() -> None:
    assert find_circle(needs(a="a")) == ["a", "a"]


NAMES = "abcdef"


@settings(deadline=None)
@given(st.fixed_dictionaries({name: st.frozensets(st.sampled_from(NAMES), max_size=2) for name in NAMES}))
def test_it_agrees_with_the_standard_library(drawn: dict[str, frozenset[str]]) -> None:
    try:
        TopologicalSorter(drawn).prepare()
    except CycleError:
        circle = find_circle(drawn)
        assert circle is not None
        assert circle[0] == circle[-1]
        assert all(needed in drawn[name] for name, needed in pairwise(circle))
    else:
        assert find_circle(drawn) is None
