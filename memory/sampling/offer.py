"""A share of the searches that an index answered is answered again exactly, and what the index missed is written down.

That happens in the process that searched, in a thread of its own, right afterwards: so nothing of what was asked is
kept or sent anywhere, and the memories are still the same. Samples that come while it is busy are dropped, and it rests
after each, so that looking costs a tenth of a connection's time at most.
"""

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from queue import Full, Queue
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from psycopg_pool import PoolTimeout

from accounts.offload import give_connection_back
from accounts.tenancy import within
from memory.metrics import LOW, RECALL
from memory.models import RecallSample

log = logging.getLogger(__name__)

ENOUGH = 0.95
"""Of a sample's recall. With less it is told as low."""
MOST_WAITING = 2
REST = 9
"""After each sample, so many times as long as that took."""
_SAME = 1e-6
"""Two distances that differ by less are the same: memories that say the same are as near as one another."""


@dataclass(frozen=True)
class Answered:
    """A search that an index answered."""

    tenant_id: UUID
    model_id: int
    route: str
    index: str
    wanted: int
    distances: Sequence[float]
    """Of what it gave, the nearest first."""
    ms: float


Exactly = Callable[[], Sequence[float]]
"""The distances of the nearest `wanted` vectors, nearest first, by comparing all. Called in the tenant's scope."""


def offer(answered: Answered, exactly: Exactly) -> None:
    """Call it after each search that an index answered. It returns at once; most are not looked at."""
    if random.random() >= settings.MEMORY_RECALL_SAMPLE:  # noqa: S311  nobody gains by guessing it
        return
    try:
        _sampler(os.getpid()).put_nowait((answered, exactly))
    except Full:
        log.debug("A sample was dropped: another is being looked at.", extra={"action": "memory_sample_dropped"})


def look_again(answered: Answered, exactly: Exactly) -> float | None:
    """Its recall, written down; None where there is nothing to find.

    Raises DatabaseError, InterfaceError and PoolTimeout.
    """
    with within(answered.tenant_id):
        began = time.monotonic()
        nearest = exactly()
        exact_ms = (time.monotonic() - began) * 1000
        if not nearest:
            return None
        recall = recall_of(answered.distances, nearest)
        RecallSample.objects.create(
            tenant_id=answered.tenant_id,
            model_id=answered.model_id,
            route=answered.route,
            index=answered.index,
            wanted=answered.wanted,
            found=len(answered.distances),
            recall=recall,
            ann_ms=answered.ms,
            exact_ms=exact_ms,
        )
    _count(answered, recall)
    return recall


def recall_of(found: Sequence[float], nearest: Sequence[float]) -> float:
    """The share of the nearest that was found, by distances: of two that are as near, either will do."""
    return min(sum(distance <= nearest[-1] + _SAME for distance in found), len(nearest)) / len(nearest)


def _count(answered: Answered, recall: float) -> None:
    RECALL.labels(answered.index).observe(recall)
    if recall < ENOUGH:
        LOW.labels(answered.index).inc()
        log.warning(
            "An index missed what it should have found: recall %.2f of %d.",
            recall,
            answered.wanted,
            extra={"action": "memory_recall_low", "tenant": str(answered.tenant_id)},
        )


@cache
def _sampler(pid: int) -> "Queue[tuple[Answered, Exactly]]":
    """One thread per process, made after any fork."""
    samples: Queue[tuple[Answered, Exactly]] = Queue(MOST_WAITING)
    threading.Thread(target=_go_on, args=(samples,), name="recall", daemon=True).start()
    return samples


def _go_on(samples: "Queue[tuple[Answered, Exactly]]") -> None:
    while True:
        answered, exactly = samples.get()
        began = time.monotonic()
        try:
            look_again(answered, exactly)
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            log.warning("A search was not repeated: %s", error, extra={"action": "memory_sample_lost"})
        finally:
            give_connection_back()
        samples.task_done()
        time.sleep(REST * (time.monotonic() - began))
