"""What a process tells without being asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.patience import until

LIVING = """
import sys
import django
django.setup()
from accounts import pulse
pulse.EVERY_SECONDS = 0.01
pulse.begin()
print("begun", flush=True)
sys.stdin.read()
"""


def test_it_says_again_and_again_that_the_process_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_DIR", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", LIVING],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        (gauges,) = tmp_path.glob(f"gauge_livesum_*-{process.pid}.db")
        for _ in range(2):
            os.utime(gauges, (0, 0))
            until(lambda: gauges.stat().st_mtime > 0)
        process.communicate("")
