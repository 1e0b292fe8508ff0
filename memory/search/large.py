"""Turns for searches that read much: a process does few of them at once, so that small ones stay quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from accounts.errors import Throttled
from memory.search.limits import LARGE_PATIENCE_SECONDS, MOST_LARGE, MOST_LARGE_WAITING

_places = BoundedSemaphore(MOST_LARGE + MOST_LARGE_WAITING)
"""Who waits holds a thread and a connection: were it many, nobody else had any."""
_turns = BoundedSemaphore(MOST_LARGE)


@contextmanager
def large_search(patience: float = LARGE_PATIENCE_SECONDS) -> Iterator[None]:
    """Raises Throttled when no turn comes, at once where enough wait already."""
    with _held(_places, 0), _held(_turns, patience):
        yield


@contextmanager
def _held(places: BoundedSemaphore, patience: float) -> Iterator[None]:
    if not places.acquire(timeout=patience):
        raise Throttled(
            "Too many large searches run at once. Wait a moment, or look in a namespace: fewer memories are quicker.",
            retry_after=1,
        )
    try:
        yield
    finally:
        places.release()
