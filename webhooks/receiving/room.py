"""How many requests a process has in hand at once: each holds its body in memory, and anybody may post.

One event loop counts, so that nothing has to be locked.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.errors import Unavailable
from webhooks.receiving import metrics

AGAIN_SECONDS = 2

_in_hand = 0


@contextmanager
def room() -> Iterator[None]:
    """Raises Unavailable while there is none: nothing has been read of the request, and nothing is stored."""
    global _in_hand  # noqa: PLW0603  of the process, as its memory is
    if _in_hand >= settings.WEBHOOK_REQUESTS_AT_ONCE:
        metrics.TURNED_AWAY.inc()
        raise Unavailable("Too many events come at once. Send this one again.", retry_after=AGAIN_SECONDS)
    _in_hand += 1
    try:
        yield
    finally:
        _in_hand -= 1
