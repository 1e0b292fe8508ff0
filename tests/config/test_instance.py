import fcntl
import json
import os
from io import TextIOWrapper
from pathlib import Path

import pytest

from config.supervisor import instance
from config.supervisor.console import Console
from config.supervisor.errors import CannotStart
from config.supervisor.instance import Instance


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(started=0, log=tmp_path / "up.log")


def hold(data_dir: Path, content: str) -> TextIOWrapper:
    """Another process's lock: flock tells open files apart, not processes."""
    file = (data_dir / "up.lock").open("w")
    file.write(content)
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_it_notes_who_runs_where(tmp_path: Path, console: Console) -> None:
    claimed = Instance(tmp_path)
    claimed.claim(console)
    claimed.describe(address="http://127.0.0.1:8000")
    assert json.loads((tmp_path / "up.lock").read_text()) == {"pid": os.getpid(), "address": "http://127.0.0.1:8000"}
    os.close(claimed.fd)


def test_it_says_that_another_one_runs(tmp_path: Path, console: Console) -> None:
    # Pid 1 lives; its name does not matter as long as the file is empty, or says what a supervisor says.
    with hold(tmp_path, ""), pytest.raises(CannotStart, match="already runs on an address it has not told yet"):
        Instance(tmp_path).claim(console)


def test_it_waits_for_the_children_of_one_that_was_killed(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "WAIT_SECONDS", 0.3)
    with (
        hold(tmp_path, json.dumps({"pid": 2**22 + 1, "address": "http://127.0.0.1:8000"})),
        pytest.raises(CannotStart, match="already runs"),
    ):
        Instance(tmp_path).claim(console)
    assert (tmp_path / "up.log").read_text().count("waiting until its processes have ended") == 1
