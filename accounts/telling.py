"""Telling the workers what there is to do. A lost word does no harm: the schedule finds what is due.

Words for the same task that wait for the broker go out in one message, so that a flood of them costs few.
"""

import logging
import os
import threading
import time
from functools import cache, partial
from queue import Empty, Full, Queue
from typing import TypeAlias

from celery import current_app
from django.db import transaction
from kombu import Producer
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

EXPIRES_SECONDS = 60
"""Older words are dropped: the schedule has been there by then."""
MOST_WAITING = 1000
"""Words that wait for a broker that is slow; what comes beyond is left to the schedule."""
MOST_TOGETHER = 20
"""Words in one message: few enough for several workers to share a flood."""
BREATH_SECONDS = 0.02
"""After a message that only says that there is something: what comes meanwhile is said by one more."""

Word: TypeAlias = tuple[str, tuple[str, ...]]
"""A task's name, and what it is told."""


def tell_workers(task: str, *said: str) -> None:
    """After the commit, if there is a transaction around; returns at once.

    The task gets one argument: a list of what was said, `[[…], […]]`.
    """
    transaction.on_commit(partial(_hand_over, (task, said)))


def _hand_over(word: Word) -> None:
    try:
        _teller(os.getpid()).put_nowait(word)
    except Full:
        log.warning("The workers are told too slowly: the schedule will find the rest.", extra={"action": "wake_lost"})


@cache
def _teller(pid: int) -> "Queue[Word]":
    """One thread per process: a broker that hangs must hold up nobody who calls, and not the process's end either."""
    words: Queue[Word] = Queue(MOST_WAITING)
    threading.Thread(target=_tell_for_ever, args=(words,), name="teller", daemon=True).start()
    return words


def _tell_for_ever(words: "Queue[Word]") -> None:
    producer: Producer | None = None
    while True:
        waiting = [words.get(), *_waiting(words, MOST_TOGETHER - 1)]
        try:
            producer = producer or _connect()
            _send(waiting, producer)
            if not any(said for _, said in waiting):
                time.sleep(BREATH_SECONDS)
        except (OperationalError, OSError) as error:
            producer = None
            # What waits would fare no better now.
            lost = len(waiting) + len(_waiting(words, MOST_WAITING))
            log.warning(
                "The workers were not told %d times (%s): the schedule will find what there is to do.",
                lost,
                type(error).__name__,
                extra={"action": "wake_lost"},
            )


def _send(words: list[Word], producer: Producer) -> None:
    for task in dict.fromkeys(task for task, _ in words):
        said = [list(said) for named, said in dict.fromkeys(words) if named == task]
        current_app.send_task(task, args=(said,), retry=False, expires=EXPIRES_SECONDS, producer=producer)


def _connect() -> Producer:
    """One that gives up at once; Celery's own would try until the broker is back."""
    options = current_app.conf.broker_transport_options | {"max_retries": 0}
    return Producer(current_app.connection_for_write(transport_options=options), auto_declare=False)


def _waiting(words: "Queue[Word]", most: int) -> list[Word]:
    """What waits already, up to so many."""
    found: list[Word] = []
    try:
        while len(found) < most:
            found.append(words.get_nowait())
    except Empty:
        pass
    return found
