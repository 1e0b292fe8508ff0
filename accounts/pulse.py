"""What a serving process tells every few seconds, whoever calls: that it lives, and how its connection pool is."""

import threading
import time

from accounts.metrics import confirm_gauges
from accounts.pool import tell_pool

EVERY_SECONDS = 5.0


def begin() -> None:
    """Once in each process that serves, after any fork. It goes on until the process ends."""
    threading.Thread(target=_go_on, name="pulse", daemon=True).start()


def _go_on() -> None:
    while True:
        tell_pool()
        confirm_gauges()
        time.sleep(EVERY_SECONDS)
