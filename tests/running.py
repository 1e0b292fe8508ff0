"""A real `up` in a folder of its own, for the tests that start, hurt and stop it."""

import fcntl
import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.embedded import children
from config.supervisor.options import BASE_DIR

START_SECONDS = 120
# What a test run sets for itself and `up` must find out alone.
OURS = ("DATA_DIR", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "VAULT_KEY_FILE")
# How to find each process among all that belong to one `up`.
MARKS = {
    "web": "config.web",
    "worker": "config.celery worker",
    "beat": "config.celery beat",
    "host": "config.host",
    "postgres": "bin/postgres -D",
    "valkey": "valkey-server",
    "demo": "config.demo_upstream",
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


def environment(**more: str) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**found, "PYTHONPATH": str(BASE_DIR), **more}


def up_command(data_dir: Path, *options: str) -> list[str]:
    asked = options if "--port" in options else ("--port", "0", *options)
    return [sys.executable, "-m", "config.supervisor", "--data-dir", str(data_dir), *asked]


def run_up(data_dir: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One that is expected to give up by itself."""
    command = up_command(data_dir, *options)
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, check=False, timeout=START_SECONDS
    )


class Up:
    """One running `up`."""

    def __init__(
        self, data_dir: Path, *options: str, terminal: int | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self._output = data_dir.with_name(f"{data_dir.name}.out")
        self._log = data_dir / "log" / "up.log"
        self._logged_before = len(self._log.read_text()) if self._log.exists() else 0
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                up_command(data_dir, *options),
                env=environment(**(more or {})),
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=output if terminal is None else terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_prepare(terminal is not None),  # noqa: PLW1509 - system calls only
            )

    def output(self) -> str:
        return self._output.read_text()

    def log(self) -> str:
        """What the supervisor said since this start, also where its terminal was not ours."""
        return self._log.read_text()[self._logged_before :] if self._log.exists() else ""

    def all_are_back(self) -> bool:
        """Whether everything that ended since this start is ready again, by the supervisor's own word."""
        away = set()
        for line in self.log().splitlines():
            _, name, said = line.split(" ", 2)
            if said == "is back":
                away.discard(name)
            elif "starting it again" in said:
                away.add(name)
        return not away

    def wait_until_ready(self) -> None:
        self.wait_until("beat is ready")

    def wait_until(self, said: str) -> None:
        wait_for(lambda: said in self.log() or self.process.poll() is not None)
        assert self.process.poll() is None, self.output()

    @property
    def port(self) -> int:
        address: str = json.loads((self.data_dir / "up.lock").read_text())["address"]
        return int(address.rpartition(":")[2])

    def pids(self) -> dict[int, str]:
        """Every living process of this `up`, with its command: all of them hold its lock open."""
        lock = self.data_dir / "up.lock"
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if any(link.readlink() == lock for link in (folder / "fd").iterdir()):
                    found[int(folder.name)] = children.command_of(int(folder.name))
            except OSError:
                continue  # it ended while we looked
        return found

    def children(self) -> dict[str, int]:
        """The processes that the supervisor itself started, by name."""
        return {
            name: pid
            for pid, command in self.pids().items()
            for name, mark in MARKS.items()
            if mark in command and _parent(pid) == self.process.pid
        }

    def pid_of(self, name: str) -> int:
        return self.children()[name]

    def kill(self, name: str) -> None:
        os.kill(self.pid_of(name), signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def end(self) -> None:
        """Whatever happened, leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, body: object = None, *, key: str = "", timeout: float = 15) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            return Answer(answer.status, json.loads(content) if content else None)
        finally:
            connection.close()

    def readiness(self) -> Answer:
        return self.ask("GET", "/readyz")

    def is_ready_again(self) -> bool:
        try:
            answer = self.readiness()
        except (OSError, http.client.HTTPException):
            return False
        return answer.status == 200 and answer.body["status"] == "ready"


@dataclass(frozen=True)
class FirstCall:
    """The line that `up` printed for the newcomer, taken apart."""

    line: str
    tool: str
    key: str
    body: Any

    @classmethod
    def of(cls, output: str) -> "FirstCall":
        line = next(line for line in output.splitlines() if line.startswith("curl "))
        words = shlex.split(line)
        tool = re.search(r"/api/v1/tools/([^/]+)/execute/", line)
        key = re.search(r"Bearer (\S+?)'", line)
        assert tool
        assert key
        return cls(line=line, tool=tool[1], key=key[1], body=json.loads(words[words.index("-d") + 1]))


@dataclass
class Load:
    """An agent that calls the first tool again and again, and remembers what it was answered."""

    up: Up
    call: FirstCall
    answered: list[str] = field(default_factory=list)
    failed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for_more(self, count: int = 3) -> None:
        wanted = len(self.answered) + count
        wait_for(lambda: len(self.answered) >= wanted)

    def lost(self) -> list[str]:
        """Executions that were answered and are not found any more."""
        path = "/api/v1/executions/{}/"
        return [
            each for each in self.answered if self.up.ask("GET", path.format(each), key=self.call.key).status != 200
        ]

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                path = f"/api/v1/tools/{self.call.tool}/execute/"
                answer = self.up.ask("POST", path, self.call.body, key=self.call.key)
            except (OSError, http.client.HTTPException, ValueError):
                self.failed += 1
            else:
                self._remember(answer)
            self._stop.wait(0.02)

    def _remember(self, answer: Answer) -> None:
        if answer.status == 200:
            self.answered.append(answer.body["id"])
        else:
            self.failed += 1


def wait_for(happened: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _prepare(has_terminal: bool) -> Callable[[], None]:
    """Die with a test run that is killed; and take the terminal, whose Ctrl-C and end become signals."""

    def before_exec() -> None:
        children.die_with_parent(signal.SIGTERM)
        if has_terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    return before_exec


def descends_from(pid: int, up: Up) -> bool:
    """Whether the process descends from this `up`."""
    while pid > 1:
        pid = _parent(pid)
        if pid == up.process.pid:
            return True
    return False


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
