"""Waiting for what happens elsewhere: by asking, never by sleeping for a guess."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as it has happened; fail when it has not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)
