"""Turns for searches that read much: a process does few of them at once, so that small ones stay quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from accounts.errors import Throttled
from memory.search.limits import LARGE_PATIENCE_SECONDS, MOST_LARGE

_turns = BoundedSemaphore(MOST_LARGE)


@contextmanager
def large_search(patience: float = LARGE_PATIENCE_SECONDS) -> Iterator[None]:
    """Raises Throttled when no turn comes."""
    if not _turns.acquire(timeout=patience):
        raise Throttled(
            "Too many large searches run at once. Wait a moment, or look in a namespace: fewer memories are quicker.",
            retry_after=1,
        )
    try:
        yield
    finally:
        _turns.release()
