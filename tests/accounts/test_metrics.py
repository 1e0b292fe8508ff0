"""Numbers of many processes, added up."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.metrics import all_processes

# Another process of the installation: it counts, says so, and waits to be told to end.
OTHER = """
import sys
from prometheus_client import Counter, Gauge
from accounts import metrics
if len(sys.argv) > 1:
    metrics._HOST = sys.argv[1]
    metrics._this.notice()
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
def test_it_leaves_the_processes_of_other_hosts_to_them() -> None:
    Other("elsewhere").kill()
    assert read("tested_busy") == 2


def test_it_keeps_its_files_from_others(folder: Path) -> None:
    folder.rmdir()
    Other().kill()
    assert folder.stat().st_mode & 0o777 == 0o700
