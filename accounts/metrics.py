"""Numbers for Prometheus. Each process counts into its own file in METRICS_DIR; `/metrics` adds the files up.

The files are prometheus_client's (its multiprocess mode). They are named after host and process, so that containers
may share one folder.
"""

import os
import re
import socket
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Gauge, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

PREFIX = "quartermaster_"
# An underscore divides the parts of a file's name.
_HOST = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())
_OWN_FILE = re.compile(rf"[a-z_]+_{re.escape(_HOST)}-(\d+)\.db")


class _Process:
    """Told apart by host and number. Asked for at every count, so the system is asked once, and after a fork."""

    def __init__(self) -> None:
        self.notice()

    def notice(self) -> None:
        self.name = f"{_HOST}-{os.getpid()}"


_this = _Process()
os.register_at_fork(after_in_child=_this.notice)
settings.METRICS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)
values.ValueClass = values.MultiProcessValue(lambda: _this.name)

DATABASE_BUSY = Gauge(
    f"{PREFIX}database_connections_busy",
    "Connections that the corridor's threads are working with.",
    multiprocess_mode="livesum",
)
DATABASE_WAITING = Gauge(
    f"{PREFIX}database_connections_waiting",
    "Work of the corridor that waits for a connection.",
    multiprocess_mode="livesum",
)


def all_processes() -> CollectorRegistry:
    """What every process has counted, those that have ended included; gauges of the living only."""
    _forget_the_dead()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))
    return registry


def _forget_the_dead() -> None:
    """A killed process cannot take its gauges back. Those of other hosts are theirs to judge."""
    for file in Path(settings.METRICS_DIR).iterdir():
        match = _OWN_FILE.fullmatch(file.name)
        if match and not _is_alive(int(match[1])):
            mark_process_dead(f"{_HOST}-{match[1]}", path=str(settings.METRICS_DIR))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
