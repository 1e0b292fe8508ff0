"""How well an argument fits a condition. What cannot be told for certain counts against the caller.

Rules that deny or ask match what may fit, rules that allow only what fits for certain. So a path that is missing, a
value of another type and a spelling that could mean something else are all MAYBE.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any


class Fit(IntEnum):
    NO = 0
    MAYBE = 1
    YES = 2

    @property
    def opposite(self) -> "Fit":
        return Fit(2 - self)


Test = Callable[[Any], Fit]


def fit(matches: bool) -> Fit:
    return Fit.YES if matches else Fit.NO


def cannot_tell(value: Any) -> Fit:
    """The test that stands for one that cannot be made."""
    return Fit.MAYBE
