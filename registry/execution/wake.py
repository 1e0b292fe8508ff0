"""Telling the workers that an execution may be taken up. A lost word does no harm: the schedule finds what is due."""

import logging
import os
import threading
from functools import cache, partial
from queue import Empty, Full, Queue
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu import Producer
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

TASK = "registry.tasks.resume_execution"
EXPIRES_SECONDS = 60
"""Older words are dropped: the schedule has been there by then."""
MOST_WAITING = 1000
"""Words that wait for a broker that is slow; what comes beyond is left to the schedule."""

Word = tuple[str, str]


def wake(tenant_id: UUID, execution_id: UUID) -> None:
    """After the commit, if there is a transaction around; returns at once."""
    transaction.on_commit(partial(_hand_over, (str(tenant_id), str(execution_id))))


def _hand_over(word: Word) -> None:
    try:
        _teller(os.getpid()).put_nowait(word)
    except Full:
        log.warning("The workers are told too slowly: the schedule will find the rest.", extra={"action": "wake_lost"})


@cache
def _teller(pid: int) -> "Queue[Word]":
    """One thread per process: a broker that hangs must hold up nobody who calls, and not the process's end either."""
    words: Queue[Word] = Queue(MOST_WAITING)
    threading.Thread(target=_tell_for_ever, args=(words,), name="wake", daemon=True).start()
    return words


def _tell_for_ever(words: "Queue[Word]") -> None:
    producer: Producer | None = None
    while True:
        word = words.get()
        try:
            producer = producer or _connect()
            current_app.send_task(TASK, args=word, retry=False, expires=EXPIRES_SECONDS, producer=producer)
        except (OperationalError, OSError) as error:
            producer = None
            lost = 1 + _forget(words)
            log.warning(
                "The workers were not told of %d executions (%s): the schedule will find them.",
                lost,
                type(error).__name__,
                extra={"action": "wake_lost"},
            )


def _connect() -> Producer:
    """One that gives up at once; Celery's own would try until the broker is back."""
    options = current_app.conf.broker_transport_options | {"max_retries": 0}
    return Producer(current_app.connection_for_write(transport_options=options), auto_declare=False)


def _forget(words: "Queue[Word]") -> int:
    """What waits would fare no better now."""
    count = 0
    try:
        while True:
            words.get_nowait()
            count += 1
    except Empty:
        return count
