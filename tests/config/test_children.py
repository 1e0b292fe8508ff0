import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.embedded import children

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# It starts a sleeper, tells its pid, and waits to be killed.
PARENT = """
import signal, sys, time
from config.embedded import children
child = children.spawn([sys.executable, "-c", "import time; time.sleep(60)"], death_signal=signal.SIGTERM)
print(child.pid, flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def wait_for_end(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while children.command_of(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_it_ends_a_child_whose_parent_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert children.command_of(child)
        parent.kill()
    assert wait_for_end(child)


def test_it_keeps_a_child_out_of_the_terminals_signals() -> None:
    child = children.spawn(SLEEP, death_signal=signal.SIGTERM)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)
    children.stop(child, [(signal.SIGTERM, 20)])
    assert child.returncode == -signal.SIGTERM


def test_it_kills_a_child_that_does_not_listen(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        child = children.spawn([sys.executable, "-c", DEAF], death_signal=signal.SIGKILL, output=output)
    assert children.wait_until(lambda: log.read_text() == "ready\n", process=child, seconds=20)
    children.stop(child, [(signal.SIGTERM, 0.1)])
    assert child.returncode == -signal.SIGKILL


def test_it_stops_waiting_for_a_child_that_ended() -> None:
    child = children.spawn([sys.executable, "-c", ""], death_signal=signal.SIGTERM)
    assert not children.wait_until(lambda: False, process=child, seconds=60)
    children.stop(child, [])


def test_it_stops_waiting_when_the_time_is_over() -> None:
    child = children.spawn(SLEEP, death_signal=signal.SIGTERM)
    assert not children.wait_until(lambda: False, process=child, seconds=0.05)
    children.stop(child, [(signal.SIGTERM, 20)])


def test_it_tells_a_living_process_from_a_dead_one() -> None:
    assert "python" in children.command_of(os.getpid())
    assert children.command_of(2**22 + 1) == ""


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="without procps there is no ps")
def test_it_asks_ps_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LINUX", False)
    assert "python" in children.command_of(os.getpid())
