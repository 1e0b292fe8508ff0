"""Numbers of many processes, added up."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import metrics
from accounts.metrics import UNHEARD_SECONDS, all_processes

# Another process of the installation: it counts, says so, and waits to be told to end.
OTHER = """
import os
import socket
import sys
from prometheus_client import Counter, Gauge
if len(sys.argv) > 1:
    socket.gethostname, os.getpid = lambda: sys.argv[1], lambda: 1  # in a container of that name
from accounts import metrics
Counter("tested_apples", "", ["kind"]).labels("red").inc(3)
Gauge("tested_busy", "", multiprocess_mode="livesum").inc(2)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.METRICS_DIR = tmp_path / "metrics"
    settings.METRICS_DIR.mkdir()
    monkeypatch.setenv("METRICS_DIR", str(settings.METRICS_DIR))
    return tmp_path / "metrics"


class Other:
    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, *arguments],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "counted\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def read(name: str, labels: dict[str, str] | None = None) -> float | None:
    return all_processes().get_sample_value(name, labels or {})


@pytest.mark.usefixtures("folder")
def test_it_adds_up_what_all_processes_counted() -> None:
    one, other = Other(), Other()
    assert read("tested_apples_total", {"kind": "red"}) == 6
    assert read("tested_busy") == 4
    one.kill()
    other.kill()


@pytest.mark.usefixtures("folder")
def test_it_keeps_what_a_killed_process_counted_but_not_what_it_was_busy_with() -> None:
    one, other = Other(), Other()
    one.kill()
    assert read("tested_apples_total", {"kind": "red"}) == 6
    assert read("tested_busy") == 2
    other.kill()
    assert read("tested_busy") is None


FORKED = """
import os
from prometheus_client import Counter
from accounts import metrics
apples = Counter("tested_apples", "", ["kind"]).labels("red")
apples.inc()
child = os.fork()
apples.inc()
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.usefixtures("folder")
def test_it_counts_on_in_a_file_of_its_own_after_a_fork() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], cwd=settings.BASE_DIR, check=True)
    assert read("tested_apples_total", {"kind": "red"}) == 3


@pytest.mark.usefixtures("folder")
def test_a_process_is_not_busy_with_what_a_killed_one_of_its_name_was() -> None:
    Other("elsewhere").kill()
    again = Other("elsewhere")
    assert read("tested_busy") == 2
    assert read("tested_apples_total", {"kind": "red"}) == 6
    again.kill()


def test_it_drops_the_gauges_of_another_host_when_nothing_was_heard_for_long(folder: Path) -> None:
    Other("elsewhere").kill()
    (gauges,) = folder.glob("gauge_livesum_elsewhere-1.db")
    heard = gauges.stat().st_mtime
    os.utime(gauges, (heard, heard - UNHEARD_SECONDS / 2))
    assert read("tested_busy") == 2
    os.utime(gauges, (heard, heard - UNHEARD_SECONDS))
    assert read("tested_busy") is None
    assert read("tested_apples_total", {"kind": "red"}) == 3
    assert not gauges.exists()


def test_a_process_confirms_its_own_gauges_and_no_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics._this, "name", "here-1")
    mine, others = folder / "gauge_livesum_here-1.db", folder / "gauge_livesum_here-11.db"
    for file in (mine, others):
        file.touch()
        os.utime(file, (0, 0))
    metrics.confirm_gauges()
    assert (mine.stat().st_mtime > 0, others.stat().st_mtime) == (True, 0)


def test_it_keeps_its_files_from_others(folder: Path) -> None:
    folder.rmdir()
    Other().kill()
    assert folder.stat().st_mode & 0o777 == 0o700
