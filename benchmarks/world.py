"""The product as it is served, for a benchmark: embedded servers, web processes, a worker, an upstream."""

import base64
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from config import announce
from config.embedded import addresses, children, postgres, valkey
from config.supervisor.services import BEAT, WORKER, own_processor

ROOT = Path(__file__).resolve().parent.parent
# For PostgreSQL SIGINT is the fast way down; the others end at SIGTERM.
STOP = ((signal.SIGTERM, 3.0), (signal.SIGINT, 10.0))


@dataclass(frozen=True)
class World:
    web_port: int
    web_pid: int
    upstream_port: int
    key: str


@contextmanager
def world(tools: list[dict[str, Any]]) -> Iterator[World]:
    """`tools` are registrations whose URLs may hold `{upstream}`. Everything is gone at the end."""
    upstream = free_port()
    with database(upstream), spawned("benchmarks.upstream", str(upstream)):
        # Django's settings exist only now.
        from benchmarks.tenant import make_tenant  # noqa: PLC0415

        key = make_tenant(tools, upstream)
        wait_for_port(upstream)
        with webs() as (port, (pid,)):
            yield World(port, pid, upstream, key)


@contextmanager
def webs(count: int = 1) -> Iterator[tuple[int, list[int]]]:
    """So many web processes on one socket, as `up` starts them: its port, and their pids."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as shared, ExitStack() as stack:
        port, fd = shared.getsockname()[1], shared.fileno()
        names = ["web"] if count == 1 else [f"web-{number + 1}" for number in range(count)]
        arguments = ("config.web", "--fd", str(fd))
        pids = [stack.enter_context(_serving(name, *arguments, *own_processor(name), fds=[fd])) for name in names]
        yield port, pids


@contextmanager
def worker() -> Iterator[int]:
    """A worker and its schedule: the worker's pid."""
    with _serving("worker", "celery", "-q", *WORKER[2:]) as pid, _serving("beat", "celery", "-q", *BEAT[2:]):
        yield pid


@contextmanager
def _serving(name: str, module: str, *arguments: str, fds: Sequence[int] = ()) -> Iterator[int]:
    """A process that has said that it is ready."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / name
        with spawned(module, *arguments, fds=fds, env={announce.VARIABLE: str(ready)}) as pid:
            wait_until(lambda: announce.is_ready(ready, pid), f"The {name} did not start.")
            yield pid


@contextmanager
def spawned(
    module: str, *arguments: str, fds: Sequence[int] = (), env: Mapping[str, str] | None = None
) -> Iterator[int]:
    """A child of this Python, stopped at the end: its pid."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, **(env or {})}
    child = children.spawn(command, death_signal=signal.SIGTERM, cwd=ROOT, pass_fds=fds, env=environment)
    try:
        yield child.pid
    finally:
        children.stop(child, STOP)


@contextmanager
def database(allowed_port: int = 0, *, options: Sequence[str] = ()) -> Iterator[Path]:
    """Embedded servers, migrated, and Django set up on them; where their data is. `options` are PostgreSQL's."""
    data_dir = Path(tempfile.mkdtemp(prefix="quartermaster-bench-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(postgres.start(data_dir, options=options))
        running.append(valkey.start(data_dir))
        _set_environment(data_dir, allowed_port)
        django.setup()
        call_command("migrate", verbosity=0)
        yield data_dir
    finally:
        for process in reversed(running):
            children.stop(process, STOP)
        shutil.rmtree(data_dir, ignore_errors=True)


def _set_environment(data_dir: Path, upstream: int) -> None:
    key_file = data_dir / "vault.key"
    key_file.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    key_file.chmod(0o600)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATA_DIR=str(data_dir),
        DATABASE_URL=addresses.database_url(data_dir, "qm_app"),
        DATABASE_OWNER_URL=addresses.database_url(data_dir, "qm_owner"),
        REDIS_URL=addresses.redis_url(data_dir),
        SECRET_KEY=secrets.token_urlsafe(50),
        VAULT_KEY_FILE=str(key_file),
        EGRESS_ALLOW_NETWORKS=f"127.0.0.1/32:{upstream}" if upstream else "",
        LOG_LEVEL="WARNING",
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens, f"Nothing listens on port {port}.")


def wait_until(holds: Callable[[], bool], complaint: str, *, seconds: float = 30) -> None:
    """Raises TimeoutError with this complaint."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, from /proc (clock ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
