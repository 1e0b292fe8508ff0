"""When a worker last ran a task: written by the seal task each second, read by `/readyz`."""

import time

from django.core.cache import cache

WORKER_SEEN = "worker-seen"


def note_worker_alive() -> None:
    cache.set(WORKER_SEEN, time.time(), timeout=24 * 3600)
