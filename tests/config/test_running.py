"""Restarting and stopping, with small processes in the place of the real ones."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.embedded import children
from config.embedded.errors import EmbeddedServerError
from config.supervisor import running
from config.supervisor.errors import CannotStart
from config.supervisor.running import Running, stop_together
from config.supervisor.services import APPLICATION, DATABASE, Process, Service

SLEEP = "import time; time.sleep(60)"
DEAF = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""


class Stage:
    """Makes services out of lines of Python, hears what is said, and ends them all."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.said: list[str] = []
        self.all: list[Running] = []

    def service(self, code: str, *, stage: int = APPLICATION, seconds: float = 20.0) -> Running:
        log = self.tmp_path / "log"

        def launch() -> Process:
            with log.open("ab") as output:
                command = [sys.executable, "-c", code, str(self.tmp_path / "child")]
                return children.spawn(command, death_signal=signal.SIGKILL, output=output)

        stop = ((signal.SIGTERM, seconds),)
        service = Service(name="jar", launch=launch, is_ready=lambda _: True, log=log, stage=stage, stop=stop)
        self.all.append(Running(service, self.said.append))
        return self.all[-1]

    def watch(self, service: Running, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not until():
            assert time.monotonic() < deadline
            service.watch()
            time.sleep(0.01)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stop_together(stage.all, is_urgent=lambda: True)
    for service in stage.all:
        assert service.process is None or service.process.poll() is not None


def test_it_starts_again_what_was_killed(stage: Stage) -> None:
    service = stage.service(SLEEP)
    service.launch()
    assert service.check_start()
    first = service.process
    assert first is not None
    first.kill()
    stage.watch(service, lambda: service.is_up and service.process is not first)
    assert stage.said == [
        f"jar ended (killed by SIGKILL); starting it again (log: {stage.tmp_path / 'log'})",
        "jar is back",
    ]


def test_it_starts_slower_and_slower_what_does_not_stay_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FIRST_DELAY_SECONDS", 0.01)
    service = stage.service("raise SystemExit(3)")
    service.launch()
    stage.watch(service, lambda: len([line for line in stage.said if "exit status 3" in line]) >= 3)


def test_it_says_when_a_restart_takes_a_while(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FIRST_DELAY_SECONDS", 5.0)
    service = stage.service("raise SystemExit(3)")
    service.launch()
    stage.watch(service, lambda: len([line for line in stage.said if "ended" in line]) == 2)
    assert "starting it again in 5 s" in stage.said[-1]


def test_it_forgives_one_that_had_stayed_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STAYED_UP_SECONDS", 0.0)
    monkeypatch.setattr(running, "FIRST_DELAY_SECONDS", 60.0)
    service = stage.service("raise SystemExit(3)")
    service.launch()
    stage.watch(service, lambda: len([line for line in stage.said if "exit status 3" in line]) >= 3)


def test_it_shows_the_log_of_a_start_that_fails(stage: Stage) -> None:
    service = stage.service("print('no key', flush=True); raise SystemExit(3)")
    service.launch()
    assert service.process is not None
    service.process.wait()
    with pytest.raises(CannotStart, match=r"(?s)jar ended while it started.*no key"):
        service.check_start()


def test_it_gives_up_a_start_that_takes_too_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "START_SECONDS", 0.0)
    service = stage.service(SLEEP)
    service.launch()
    with pytest.raises(CannotStart, match="was not ready after 0 s"):
        service.check_start()


def test_it_starts_again_one_that_does_not_get_ready(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "START_SECONDS", 0.05)
    monkeypatch.setattr(running, "FIRST_DELAY_SECONDS", 60.0)
    service = stage.service(SLEEP)
    never = Running(
        Service("jar", service.service.launch, lambda _: False, service.service.log, APPLICATION), stage.said.append
    )
    stage.all.append(never)
    never.launch()
    stage.watch(never, lambda: any("does not get ready" in line for line in stage.said))


def test_it_tries_again_when_nothing_can_be_started(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FIRST_DELAY_SECONDS", 0.01)

    def refuse() -> Process:
        raise EmbeddedServerError("the disk is full")

    service = Running(Service("jar", refuse, lambda _: True, stage.tmp_path / "log", DATABASE), stage.said.append)
    stage.watch(service, lambda: len(stage.said) >= 2)
    assert stage.said[0].startswith("jar cannot be started: the disk is full; starting it again")


def test_it_stops_with_the_signal_first(stage: Stage) -> None:
    service = stage.service(SLEEP)
    service.launch()
    stop_together([service], is_urgent=lambda: False)
    assert service.process is not None
    assert service.process.returncode == -signal.SIGTERM


@pytest.mark.parametrize(("seconds", "urgent"), [(0.2, False), (60.0, True)])
def test_it_kills_with_its_children_what_does_not_listen(stage: Stage, seconds: float, urgent: bool) -> None:
    service = stage.service(DEAF, seconds=seconds)
    service.launch()
    pid = stage.tmp_path / "child"
    assert service.process is not None
    assert children.wait_until(lambda: pid.exists() and pid.read_text() != "", process=service.process, seconds=30)
    child = int(pid.read_text())
    stop_together([service], is_urgent=lambda: urgent)
    assert service.process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while children.command_of(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_never_kills_a_database_because_somebody_is_in_a_hurry(stage: Stage) -> None:
    service = stage.service(SLEEP, stage=DATABASE)
    service.launch()
    stop_together([service], is_urgent=lambda: True)
    assert service.process is not None
    assert service.process.returncode == -signal.SIGTERM


def test_what_nobody_needs_rests_until_somebody_does(stage: Stage) -> None:
    wanted = False
    made = stage.service(SLEEP)
    service = Running(replace(made.service, is_wanted=lambda: wanted), stage.said.append)
    stage.all.append(service)

    def rests() -> bool:
        return service.process is None and service.is_up

    def runs() -> bool:
        return service.process is not None and service.is_up

    stage.watch(service, rests)
    wanted = True
    stage.watch(service, runs)
    assert stage.said == ["jar is ready"]
    wanted = False
    kill(service)
    stage.watch(service, rests)
    wanted = True
    stage.watch(service, runs)
    assert [said.partition(" (")[0] for said in stage.said] == ["jar is ready", "jar ended", "jar is back"]


def kill(service: Running) -> None:
    assert service.process is not None
    service.process.kill()
