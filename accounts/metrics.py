"""Numbers for Prometheus. Each process counts into its own file in METRICS_DIR; `/metrics` adds the files up.

The files are prometheus_client's (its multiprocess mode). They are named after host and process, so that containers
may share one folder. Counters stay when a process ends; gauges count while it lives.
"""

import os
import re
import socket
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

PREFIX = "quartermaster_"
UNHEARD_SECONDS = 300
"""A process of another host whose gauges were not confirmed for so long is taken for dead."""
# An underscore divides the parts of a file's name.
_HOST = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())
_GAUGES = re.compile(r"gauge_live[a-z]*_(?P<host>[A-Za-z0-9.-]+)-(?P<pid>\d+)\.db")


class _Process:
    """Told apart by host and number. Asked for at every count, so the system is asked once, and after a fork."""

    def __init__(self) -> None:
        self.notice()

    def notice(self) -> None:
        """A killed one may have had the same name, as in a container that is started again: it left its gauges."""
        self.name = f"{_HOST}-{os.getpid()}"
        mark_process_dead(self.name, path=str(settings.METRICS_DIR))


_this = _Process()
os.register_at_fork(after_in_child=_this.notice)
settings.METRICS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)
values.ValueClass = values.MultiProcessValue(lambda: _this.name)


def all_processes() -> CollectorRegistry:
    """What every process has counted, those that have ended included; gauges of the living only."""
    _forget_the_dead()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))
    return registry


def confirm_gauges() -> None:
    """Say to other hosts that this process lives: what is only mapped into memory may keep its old time."""
    for file in Path(settings.METRICS_DIR).glob(f"gauge_live*_{_this.name}.db"):
        with suppress(FileNotFoundError):
            os.utime(file)


def _forget_the_dead() -> None:
    """A killed process cannot take its gauges back."""
    for file in Path(settings.METRICS_DIR).iterdir():
        match = _GAUGES.fullmatch(file.name)
        if match and not _lives(match["host"], int(match["pid"]), file):
            file.unlink(missing_ok=True)


def _lives(host: str, pid: int, gauges: Path) -> bool:
    return _is_alive(pid) if host == _HOST else _was_heard(gauges)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _was_heard(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime < UNHEARD_SECONDS
    except FileNotFoundError:  # another process has just forgotten it
        return False
