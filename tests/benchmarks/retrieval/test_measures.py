"""The measures of a ranking, against figures that can be worked out by hand."""

import math
from collections.abc import Callable, Collection, Sequence

import pytest

from benchmarks.retrieval.measures import mean, ndcg_at, recall_at, reciprocal_rank

RANKED = ["a", "b", "c", "d"]


def test_recall_is_the_share_of_the_relevant_ones_among_the_first_k() -> None:
    assert recall_at(3, RANKED, {"a", "c", "d"}) == pytest.approx(2 / 3)
    assert recall_at(4, RANKED, {"a", "c", "d"}) == 1.0
    assert recall_at(4, RANKED, {"e"}) == 0.0


def test_recall_takes_a_ranking_shorter_than_k() -> None:
    assert recall_at(10, ["a"], {"a", "b"}) == 0.5
    assert recall_at(10, [], {"a"}) == 0.0


@pytest.mark.parametrize(("relevant", "expected"), [({"a"}, 1.0), ({"b", "d"}, 0.5), ({"d"}, 0.25), ({"e"}, 0.0)])
def test_the_reciprocal_rank_is_that_of_the_first_relevant_one(relevant: set[str], expected: float) -> None:
    assert reciprocal_rank(RANKED, relevant) == expected


def test_ndcg_is_1_when_all_relevant_ones_come_first() -> None:
    assert ndcg_at(4, RANKED, {"a", "b"}) == 1.0
    assert ndcg_at(2, RANKED, {"a", "b", "d"}) == 1.0


def test_ndcg_falls_with_the_place() -> None:
    assert ndcg_at(4, RANKED, {"b"}) == pytest.approx(1 / math.log2(3))
    assert ndcg_at(4, RANKED, {"a", "c"}) == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))
    assert ndcg_at(2, RANKED, {"c"}) == 0.0


def test_the_mean_is_that_of_all_values() -> None:
    assert mean([1.0, 0.5, 0.0]) == 0.5


def test_it_refuses_the_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean([])


@pytest.mark.parametrize("measure", [recall_at, ndcg_at])
def test_it_refuses_k_below_1(measure: Callable[[int, Sequence[str], Collection[str]], float]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        measure(0, RANKED, {"a"})


def test_it_refuses_a_question_without_a_relevant_memory() -> None:
    with pytest.raises(ValueError, match="without a relevant memory"):
        reciprocal_rank(RANKED, set())


def test_it_refuses_a_ranking_that_names_a_key_twice() -> None:
    with pytest.raises(ValueError, match="each key once"):
        recall_at(10, ["a", "a"], {"a"})
