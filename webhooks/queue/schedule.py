"""When a row's next attempt is due: seconds before each attempt, the first included, with ±20 % jitter."""

import random
from collections.abc import Sequence
from datetime import timedelta

USUAL: tuple[float, ...] = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Ten attempts in 75.5 hours: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
JITTER = 0.2
LONGEST_ASKED = timedelta(hours=24)
"""How far a `Retry-After` may put an attempt off."""


def first_pause(schedule: Sequence[float] | None) -> timedelta:
    """How long after its making the first attempt is due. None: the usual schedule."""
    return _jittered((schedule or USUAL)[0])


def next_pause(schedule: Sequence[float] | None, *, attempts: int, asked: float | None = None) -> timedelta | None:
    """How long to wait after so many attempts; None: there is none left.

    `asked` is the Retry-After, in seconds: not sooner than that, but within 24 hours.
    """
    pauses = schedule or USUAL
    if attempts >= len(pauses):
        return None
    pause = _jittered(pauses[attempts])
    return pause if asked is None else max(pause, min(timedelta(seconds=asked), LONGEST_ASKED))


def _jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  jitter, not a secret
