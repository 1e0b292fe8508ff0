"""How near two vectors of unit length are."""

from collections.abc import Sequence


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
