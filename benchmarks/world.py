"""The product as it is served, for a benchmark: embedded servers, one web process, an upstream."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from config.embedded import addresses, children, postgres, valkey
from config.supervisor.services import own_processor

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
    upstream, web = free_port(), free_port()
    running: list[subprocess.Popen[bytes]] = []
    with database(upstream):
        try:
            running.append(_spawn("benchmarks.upstream", str(upstream)))
            # Django's settings exist only now.
            from benchmarks.tenant import make_tenant  # noqa: PLC0415

            key = make_tenant(tools, upstream)
            server = _spawn("config.web", "--port", str(web), *own_processor("web"))
            running.append(server)
            for port in (upstream, web):
                wait_for_port(port)
            yield World(web, server.pid, upstream, key)
        finally:
            for process in reversed(running):
                children.stop(process, STOP)


@contextmanager
def database(allowed_port: int = 0) -> Iterator[Path]:
    """Embedded servers, migrated, and Django set up on them; where their data is."""
    data_dir = Path(tempfile.mkdtemp(prefix="quartermaster-bench-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(postgres.start(data_dir))
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


def _spawn(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return children.spawn([sys.executable, "-m", module, *arguments], death_signal=signal.SIGTERM, cwd=ROOT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"Nothing listens on port {port}.")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, from /proc (clock ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
