"""`run.py test`: the whole suite with coverage; with arguments, pytest with these; with --crash, the fault matrix."""

import io
import subprocess
import sys
from pathlib import Path

import coverage
import pytest

APPS = ("accounts", "integrations", "registry", "webhooks", "memory", "config")


def main(arguments: list[str]) -> int:
    if "--crash" in arguments:
        return crash([word for word in arguments if word != "--crash"])
    return run_some(arguments) if arguments else run_all()


def crash(arguments: list[str]) -> int:
    """In a process of its own: it needs neither coverage nor the servers of a test run."""
    return subprocess.run([sys.executable, "-m", "tests.crash", *arguments], check=False).returncode


def run_some(arguments: list[str]) -> int:
    return int(pytest.main(arguments))


def run_all() -> int:
    for leftover in Path().glob(".coverage*"):
        leftover.unlink()
    measured = coverage.Coverage()
    with measured.collect():
        # Each process has servers of its own, and often waits for them: three keep two cores busy. A file's tests
        # stay together (`tests/schedule.py`). A browser wants the machine alone.
        three = ["--numprocesses", "3", "--max-worker-restart", "3", "--dist", "loadfile", "--ignore", "tests/browser"]
        result = run_beside(three) or run_beside(["tests/browser"])
    measured.save()
    measured.combine()
    report(measured)
    return result


def run_beside(arguments: list[str]) -> int:
    """In a process of its own: Django reads its settings once, and each run has other servers."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def report(measured: coverage.Coverage) -> None:
    """Every file that is not covered wholly, then a line for each app."""
    total = measured.report(file=sys.stdout)
    print("\nCoverage, with branches:")
    for app in APPS:
        try:
            percent = measured.report(include=f"{app}/*", file=io.StringIO())
        except coverage.exceptions.NoDataError:
            continue
        print(f"  {app:<14}{percent:6.1f} %")
    print(f"  {'all':<14}{total:6.1f} %")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
