"""The Celery application: retries and sweeps. Its schedule is in `config/schedule.py`."""

import gc
import os
import signal

from celery import Celery
from celery.signals import beat_init, worker_before_create_process, worker_process_init, worker_ready

from config import announce
from config.embedded import children

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("quartermaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
@beat_init.connect
def _announce(**_: object) -> None:
    announce.ready()


@worker_before_create_process.connect
def _share_memory(**_: object) -> None:
    """What is loaded by now is never collected, so the pool's processes go on sharing it: a third less memory."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def _die_with_the_worker(**_: object) -> None:
    """A pool process whose worker was killed would go on with its task, unseen, beside the next worker."""
    children.die_with_parent(signal.SIGKILL)
