"""Telling the workers that an execution may be taken up. A lost word does no harm: the schedule finds what is due."""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import BoundedSemaphore
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

TASK = "registry.tasks.resume_execution"
EXPIRES_SECONDS = 60
"""Older words are dropped: the schedule has been there by then."""
MOST_WAITING = 1000
"""Words that wait for a broker that hangs; what comes beyond is left to the schedule."""

# A broker that hangs must hold up nobody who calls.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake")
_room = BoundedSemaphore(MOST_WAITING)


def wake(tenant_id: UUID, execution_id: UUID) -> None:
    """After the commit, if there is a transaction around; returns at once."""
    transaction.on_commit(partial(_hand_over, str(tenant_id), str(execution_id)))


def _hand_over(tenant_id: str, execution_id: str) -> None:
    if _room.acquire(blocking=False):
        _thread.submit(_send, tenant_id, execution_id)


def _send(tenant_id: str, execution_id: str) -> None:
    try:
        current_app.send_task(TASK, args=(tenant_id, execution_id), retry=False, expires=EXPIRES_SECONDS)
    except (OperationalError, OSError) as error:
        log.warning(
            "The workers were not told of an execution (%s): the schedule will find it.",
            type(error).__name__,
            extra={"action": "wake_lost"},
        )
    finally:
        _room.release()
