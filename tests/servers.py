"""The pytest plugin that starts PostgreSQL and Valkey before Django reads its settings.

pytest-django loads the settings before any conftest.py, so this is named with `-p` in pyproject.toml.
"""

import base64
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from config.embedded import addresses, children, postgres, valkey

PREFIX = "quartermaster-tests-"
# The kernel ends a process of the run then, whatever holds it: a failed test that does not come back, a thread that is
# waited for at the end. Nothing else would.
LONGEST_RUN_SECONDS = 3600


@dataclass(frozen=True)
class Servers:
    """What the run's own servers are, for the fixtures that clean up after tests."""

    data_dir: Path
    processes: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]

    def connect_as_superuser(self) -> psycopg.Connection:
        return postgres.connect(self.data_dir)


servers_key = pytest.StashKey[Servers]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    signal.alarm(LONGEST_RUN_SECONDS)
    keep_what_is_compiled()
    remove_leftovers()
    data_dir = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    early_config.stash[servers_key] = servers = start_servers(data_dir)
    early_config.add_cleanup(lambda: stop_servers(servers))
    os.environ.update(_environment(data_dir))
    return (yield)


def keep_what_is_compiled() -> None:
    """A run starts many processes, and each would compile the product where Python is told to keep nothing."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def start_servers(data_dir: Path) -> Servers:
    database = postgres.start(data_dir, options=postgres.FORGETFUL)
    return Servers(data_dir=data_dir, processes=(database, valkey.start(data_dir, durable=False)))


def stop_servers(servers: Servers) -> None:
    database, cache = servers.processes
    children.stop(database, postgres.STOP)
    children.stop(cache, valkey.STOP)
    shutil.rmtree(servers.data_dir, ignore_errors=True)


def _environment(data_dir: Path) -> dict[str, str]:
    (data_dir / "static").mkdir()
    key = data_dir / "vault.key"
    key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    key.chmod(0o600)
    return {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": addresses.database_url(data_dir, "qm_app"),
        "DATABASE_OWNER_URL": addresses.database_url(data_dir, "qm_owner"),
        "REDIS_URL": addresses.redis_url(data_dir),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAULT_KEY_FILE": str(key),
        # What no test asks for by name needs no model and no host.
        "EMBEDDER": "lexical-hash-v1",
        # And what needs one does not take the processors from its neighbours, by which it would be slower itself.
        "OPENBLAS_NUM_THREADS": "1",
        # Searches that are repeated in the background would come between a test and what it counts.
        "MEMORY_RECALL_SAMPLE": "0",
    }


def remove_leftovers() -> None:
    """A killed run's servers end by themselves; its folder is removed by the next run."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not children.command_of(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
