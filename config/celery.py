"""The Celery application: retries and sweeps. Its schedule is in `config/schedule.py`."""

import contextlib
import os
from concurrent.futures import TimeoutError as NotInTime

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from django.utils.module_loading import import_string

from accounts import bridge
from config import announce

CLOSE_SECONDS = 9.0
"""The supervisor waits ten."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("quartermaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _leave_logging_alone(**_: object) -> None:
    """Somebody listens, so Celery makes no handlers of its own: theirs would write what ours mask."""


@worker_ready.connect
@beat_init.connect
def _begin(**_: object) -> None:
    import_string("accounts.pulse.begin")()
    announce.ready()


@worker_shutting_down.connect
def _begin_to_close(**_: object) -> None:
    bridge.start(import_string("config.closing.begin")())


@worker_shutdown.connect
def _close(**_: object) -> None:
    with contextlib.suppress(NotInTime):
        bridge.start(import_string("config.closing.close")()).result(CLOSE_SECONDS)
