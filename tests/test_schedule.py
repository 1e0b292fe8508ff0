"""A run of several processes: what is slow begins first, and a process that ends costs one test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.schedule import SLOWEST
from tests.web import ROOT

NOTE = "from pathlib import Path\nNOTES = Path(__file__).parent\n"
# A test that says that it ran, then ends its process as faulthandler does.
ENDS = f"""{NOTE}import os
def test_before(): pass
def test_that_ends_its_process():
    with (NOTES / "ran").open("a") as ran: ran.write("once ")
    os._exit(1)
def test_after(): (NOTES / "after").touch()
"""
PASSES = "def test_one(): pass\ndef test_two(): pass\ndef test_three(): pass\n"


def run(folder: Path, *, processes: int) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "tests.schedule",
        "-p",
        "no:django",
        "-p",
        "no:cacheprovider",
    ]
    several = ["--numprocesses", str(processes), "--max-worker-restart", "1", "--dist", "loadfile"]
    return subprocess.run(
        [*command, *several, f"--rootdir={folder}", "."],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    ).stdout


def test_a_process_that_ends_costs_the_test_that_it_ran(tmp_path: Path) -> None:
    (tmp_path / "test_ends.py").write_text(ENDS)
    (tmp_path / "test_passes.py").write_text(PASSES)
    said = run(tmp_path, processes=2)
    assert "= 1 failed, 5 passed" in said
    assert "crashed while running 'test_ends.py::test_that_ends_its_process'" in said
    assert (tmp_path / "ran").read_text() == "once "
    assert (tmp_path / "after").exists()


def test_what_is_slow_begins_before_what_has_more_tests(tmp_path: Path) -> None:
    slow = tmp_path / SLOWEST[1]
    slow.parent.mkdir(parents=True)
    slow.write_text("def test_slow(): pass\n")
    (tmp_path / "test_passes.py").write_text(PASSES)
    ran = [line.split()[-1] for line in run(tmp_path, processes=1).splitlines() if "PASSED" in line]
    assert ran[0] == f"{SLOWEST[1]}::test_slow"
    assert len(ran) == 4


@pytest.mark.parametrize("path", SLOWEST)
def test_what_is_slow_is_there(path: str) -> None:
    assert (ROOT / path).is_file()
