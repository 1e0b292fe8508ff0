"""A word to a tenant's open pages that something changed of which no frame tells, so that they look again.

What has a place in the audit trail is told by frames. This is for what comes too often for that, such as events of
webhooks. A word may be lost, and nobody waits for one to be sent: pages look by themselves, too, now and then.
"""

import json
import logging
import os
import threading
import time
from functools import cache
from queue import Full, Queue
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from registry.live import board
from registry.live.feed import group_of

log = logging.getLogger(__name__)

MESSAGE = "live.changed"
EVERY_SECONDS = 1.0
"""A tenant's pages hear no more of the same, from all processes together."""
MOST_WAITING = 1000

# Whether somebody watches, and nobody has said the same lately.
_TAKE_TURN = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[1]) and 1 or 0
"""

Word = tuple[UUID, str]


def tell_change(tenant_id: UUID, what: str) -> None:
    """Returns at once. It need not wait for the commit: a page looks twice, a moment apart."""
    try:
        _teller(os.getpid()).put_nowait((tenant_id, what))
    except Full:
        log.warning("Open pages are told too slowly: they look by themselves.", extra={"action": "change_not_told"})


@cache
def _teller(pid: int) -> "Queue[Word]":
    """One thread per process: a Redis that hangs must hold up nobody who calls."""
    words: Queue[Word] = Queue(MOST_WAITING)
    threading.Thread(target=_tell_for_ever, args=(words,), name="changes", daemon=True).start()
    return words


def _tell_for_ever(words: "Queue[Word]") -> None:
    told: dict[Word, float] = {}
    while True:
        word, now = words.get(), time.monotonic()
        told = {each: at for each, at in told.items() if now - at < EVERY_SECONDS}
        if word not in told:
            told[word] = now
            send(*word)


def send(tenant_id: UUID, what: str) -> bool:
    """At once, if it is time for one; whether it was."""
    keys = [f"watched:{tenant_id}", f"changed:{tenant_id}:{what}"]
    if not board.run(_TAKE_TURN, keys, [int(EVERY_SECONDS * 1000)]):
        return False
    message = {"type": MESSAGE, "text": json.dumps({"type": "changed", "what": what})}
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(tenant_id), message)
    except (RedisError, OSError) as error:
        log.warning("A change was not told (%s).", type(error).__name__, extra={"action": "change_not_told"})
        return False
    return True
