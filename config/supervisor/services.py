"""What `up` starts, in this order. Later ones need the earlier ones, and are stopped first."""

import functools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config import announce
from config.embedded import children, folders, postgres, valkey
from config.supervisor import ports
from config.supervisor.options import BASE_DIR

Process = subprocess.Popen[bytes]

# Services of one stage are stopped together, the highest stage first.
DATABASE, CACHE, UPSTREAM, APPLICATION = range(4)
# Web finishes its answers, the worker its tasks; both know how to end on TERM.
GRACE = ((signal.SIGTERM, 10.0),)

# As django-environ reads it.
TRUE = ("true", "on", "ok", "y", "yes", "1")
CELERY = ("-m", "celery", "-A", "config.celery")
WORKER = (*CELERY, "worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle")
BEAT = (*CELERY, "beat", "--pidfile", "")


@dataclass(frozen=True)
class Service:
    # As people read it.
    name: str
    launch: Callable[[], Process]
    is_ready: Callable[[Process], bool]
    log: Path
    stage: int
    stop: children.Steps = GRACE
    # A service is at rest until this is so, and again after it has ended.
    is_wanted: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Surroundings:
    """What every child gets from the supervisor."""

    data_dir: Path
    environment: Mapping[str, str]
    # Held open by every child, so that nobody starts a second time before the last one is gone.
    lock_fd: int

    def python(self, name: str, arguments: tuple[str, ...], *, fds: Sequence[int] = ()) -> Process:
        """A child of this Python, writing to its own log, which says itself when it is ready."""
        with folders.log_file(self.data_dir, name).open("ab") as output:
            return children.spawn(
                [sys.executable, *arguments],
                death_signal=signal.SIGTERM,
                env={**self.environment, announce.VARIABLE: str(self.ready_file(name))},
                cwd=BASE_DIR,
                output=output,
                pass_fds=[self.lock_fd, *fds],
            )

    def ready_file(self, name: str) -> Path:
        return self.data_dir / "run" / f"{name}.ready"


def database(around: Surroundings) -> Service:
    return Service(
        name="PostgreSQL",
        launch=lambda: postgres.launch(around.data_dir, pass_fds=[around.lock_fd]),
        is_ready=lambda _: postgres.is_ready(around.data_dir),
        log=folders.log_file(around.data_dir, "postgres"),
        stage=DATABASE,
        stop=postgres.STOP,
    )


def cache(around: Surroundings) -> Service:
    return Service(
        name="Valkey",
        launch=lambda: valkey.launch(around.data_dir, pass_fds=[around.lock_fd]),
        is_ready=lambda _: valkey.is_ready(around.data_dir),
        log=folders.log_file(around.data_dir, "valkey"),
        stage=CACHE,
        stop=valkey.STOP,
    )


def upstream(around: Surroundings, fd: int) -> Service:
    command = ("-m", "config.demo_upstream", "--fd", str(fd))
    return _python(around, "demo", lambda: around.python("demo", command, fds=[fd]), stage=UPSTREAM)


class Gate:
    """Keeps processes that have loaded from serving before the database is ready."""

    def __init__(self) -> None:
        self.fd, self._writing = os.pipe()
        self.is_open = False

    def open(self, count: int) -> None:
        os.write(self._writing, b"." * count)
        self.is_open = True


def webs(around: Surroundings, fd: int, gate: Gate, *, count: int) -> list[Service]:
    names = ["web"] if count == 1 else [f"web-{number + 1}" for number in range(count)]
    return [_python(around, name, functools.partial(_launch_web, around, name, fd, gate)) for name in names]


def _launch_web(around: Surroundings, name: str, fd: int, gate: Gate) -> Process:
    command = ("-m", "config.web", "--fd", str(fd), *own_processor(name))
    if gate.is_open:
        return around.python(name, command, fds=[fd])
    return around.python(name, (*command, "--gate", str(gate.fd)), fds=[fd, gate.fd])


def own_processor(name: str) -> tuple[str, ...]:
    """Each web process gets a processor to stay on, in turn, where there is more than one."""
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(processors) < 2:
        return ()
    number = int(name.partition("-")[2] or 1)
    return ("--cpu", str(processors[-number % len(processors)]))


def worker(around: Surroundings) -> Service:
    return _python(around, "worker", lambda: around.python("worker", WORKER))


def host(around: Surroundings, listening: socket.socket) -> Service:
    """It is started when somebody first calls, unless it is to be warm; and stopped after those that call it."""
    command, fd = ("-m", "config.host", "--fd", str(listening.fileno())), listening.fileno()
    is_warm = around.environment.get("HOST_PREWARM", "").lower() in TRUE
    service = _python(around, "host", lambda: around.python("host", command, fds=[fd]), stage=UPSTREAM)
    return replace(service, is_wanted=lambda: is_warm or ports.somebody_calls(listening))


def beat(around: Surroundings) -> Service:
    return _python(around, "beat", lambda: around.python("beat", BEAT))


def _python(around: Surroundings, name: str, launch: Callable[[], Process], *, stage: int = APPLICATION) -> Service:
    return Service(
        name=name,
        launch=launch,
        is_ready=lambda process: announce.is_ready(around.ready_file(name), process.pid),
        log=folders.log_file(around.data_dir, name),
        stage=stage,
    )
