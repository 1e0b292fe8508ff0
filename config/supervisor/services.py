"""What `up` starts, in this order. Later ones need the earlier ones, and are stopped first."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config import announce
from config.embedded import children, folders, postgres, valkey
from config.supervisor.options import BASE_DIR

Process = subprocess.Popen[bytes]

# Services of one stage are stopped together, the highest stage first.
DATABASE, CACHE, UPSTREAM, APPLICATION = range(4)
# Web finishes its answers, the worker its tasks; both know how to end on TERM.
GRACE = ((signal.SIGTERM, 10.0),)

CELERY = ("-m", "celery", "-A", "config.celery")
WORKER = (*CELERY, "worker", "--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle")
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


@dataclass(frozen=True)
class Surroundings:
    """What every child gets from the supervisor."""

    data_dir: Path
    environment: Mapping[str, str]
    # Held open by every child, so that nobody starts a second time before the last one is gone.
    lock_fd: int

    def python(self, name: str, arguments: tuple[str, ...], *, fd: int | None = None) -> Process:
        """A child of this Python, writing to its own log, which says itself when it is ready."""
        with folders.log_file(self.data_dir, name).open("ab") as output:
            return children.spawn(
                [sys.executable, *arguments],
                death_signal=signal.SIGTERM,
                env={**self.environment, announce.VARIABLE: str(self.ready_file(name))},
                cwd=BASE_DIR,
                output=output,
                pass_fds=[self.lock_fd] if fd is None else [self.lock_fd, fd],
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
    return _python(around, "demo", ("-m", "config.demo_upstream", "--fd", str(fd)), fd=fd, stage=UPSTREAM)


def applications(around: Surroundings, fd: int, *, workers: int) -> list[Service]:
    names = ["web"] if workers == 1 else [f"web-{number + 1}" for number in range(workers)]
    web = ("-m", "config.web", "--fd", str(fd))
    return [
        *(_python(around, name, web, fd=fd) for name in names),
        _python(around, "worker", WORKER),
        _python(around, "beat", BEAT),
    ]


def _python(
    around: Surroundings,
    name: str,
    arguments: tuple[str, ...],
    *,
    fd: int | None = None,
    stage: int = APPLICATION,
) -> Service:
    return Service(
        name=name,
        launch=lambda: around.python(name, arguments, fd=fd),
        is_ready=lambda process: announce.is_ready(around.ready_file(name), process.pid),
        log=folders.log_file(around.data_dir, name),
        stage=stage,
    )
