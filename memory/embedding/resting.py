"""Leaving an embedder alone that was away: a second at first, then twice as long each time, up to a minute.

Each process finds out for itself.
"""

import time
from dataclasses import dataclass

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class _Rest:
    times: int
    until: float
    """By the monotonic clock."""


_rests: dict[str, _Rest] = {}


def is_resting(model: str) -> bool:
    return model in _rests and time.monotonic() < _rests[model].until


def was_away(model: str, *, retry_after: float | None = None) -> float:
    """It could not be asked; for how many seconds it is left alone now. `retry_after` is what it asked for."""
    times = _rests[model].times + 1 if model in _rests else 1
    pause = min(max(FIRST_SECONDS * 2.0 ** min(times - 1, 10), retry_after or 0.0), LONGEST_SECONDS)
    _rests[model] = _Rest(times, time.monotonic() + pause)
    return pause


def was_there(model: str) -> None:
    _rests.pop(model, None)


def forget() -> None:
    """Every embedder is asked again."""
    _rests.clear()
