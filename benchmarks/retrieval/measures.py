"""What a ranking is worth, from the keys in the order found and those that are relevant. All are between 0 and 1.

Relevance is yes or no. A key counts where it stands first: a ranking that names one twice is refused, since each
measure would count it twice.
"""

import math
from collections.abc import Collection, Sequence


def recall_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """The share of the relevant ones that are among the first k.

    With more than k relevant ones it cannot reach 1; the set has no such question for k = 10.
    """
    _check(k, ranked, relevant)
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 / the place of the first relevant one, counted from 1; 0 where none was found. Its mean is the MRR."""
    _check(1, ranked, relevant)
    wanted = set(relevant)
    return next((1 / place for place, key in enumerate(ranked, start=1) if key in wanted), 0.0)


def ndcg_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """The gain of the first k, each divided by log2(place + 1), as a share of the best order's gain."""
    _check(k, ranked, relevant)
    wanted = set(relevant)
    gain = sum(_discount(place) for place, key in enumerate(ranked[:k], start=1) if key in wanted)
    return gain / sum(_discount(place) for place in range(1, min(k, len(wanted)) + 1))


def mean(values: Collection[float]) -> float:
    """Raises ValueError for no values: a mean over no questions would look like a figure."""
    if not values:
        raise ValueError("There is no mean of no values.")
    return sum(values) / len(values)


def _discount(place: int) -> float:
    return 1 / math.log2(place + 1)


def _check(k: int, ranked: Sequence[str], relevant: Collection[str]) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    if not relevant:
        raise ValueError("A question without a relevant memory cannot be measured.")
    if len(set(ranked)) != len(ranked):
        raise ValueError("A ranking names each key once.")
