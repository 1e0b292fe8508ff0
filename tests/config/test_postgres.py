"""The launcher of the embedded PostgreSQL, against real servers in folders of their own."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from config.embedded import addresses, children, identity, postgres, sizing
from config.embedded.errors import EmbeddedServerError

Process = subprocess.Popen[bytes]


class Launcher:
    """Starts servers on one data folder and stops what is left."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._started: list[Process] = []

    def start(self, options: Sequence[str] = postgres.FORGETFUL) -> Process:
        self._started.append(postgres.start(self.data_dir, options=options))
        return self._started[-1]

    def stop_all(self) -> None:
        for process in self._started:
            children.stop(process, postgres.STOP)

    def ask(self, question: str, user: str = "qm_app") -> object:
        with postgres.connect(self.data_dir, user=user) as connection:
            row = connection.execute(question).fetchone()
            return row[0] if row else None


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path / "data")
    yield launcher
    launcher.stop_all()


def test_it_starts_with_the_two_roles_and_pgvector(launcher: Launcher) -> None:
    launcher.start()
    assert launcher.ask("SELECT current_user") == "qm_app"
    assert launcher.ask("SELECT '[1,2]'::vector <-> '[1,4]'") == 2.0
    powers = "SELECT bool_or(rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname IN ('qm_app', 'qm_owner')"
    assert launcher.ask(powers) is False
    assert launcher.ask("SHOW TimeZone") == "UTC"
    assert (launcher.data_dir / "pg18").stat().st_mode & 0o077 == 0


def test_it_is_as_large_as_the_machine_allows(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "memory_bytes", lambda: sizing.GB)
    launcher.start(options=())
    shown = {name: launcher.ask(f"SHOW {name}") for name in ("shared_buffers", "effective_cache_size", "max_wal_size")}
    assert shown == {"shared_buffers": "256MB", "effective_cache_size": "512MB", "max_wal_size": "1GB"}
    assert (launcher.ask("SHOW random_page_cost"), launcher.ask("SHOW jit")) == ("1.1", "off")


def test_it_is_small_for_tests(launcher: Launcher) -> None:
    launcher.start()
    assert (launcher.ask("SHOW shared_buffers"), launcher.ask("SHOW work_mem")) == ("128MB", "4MB")


def test_it_lets_qm_app_write_rows_and_nothing_more(launcher: Launcher) -> None:
    launcher.start()
    with postgres.connect(launcher.data_dir, user="qm_owner") as owner:
        owner.execute("CREATE TABLE jar (id int GENERATED ALWAYS AS IDENTITY, label text)")
    with postgres.connect(launcher.data_dir, user="qm_app") as app:
        app.execute("INSERT INTO jar (label) VALUES ('plum')")
        for forbidden in ("TRUNCATE jar", "CREATE TABLE mine ()", "DROP TABLE jar"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)
    assert launcher.ask("SELECT count(*) FROM jar") == 1


def test_it_keeps_committed_rows_when_the_server_is_killed(launcher: Launcher) -> None:
    process = launcher.start(options=())
    with postgres.connect(launcher.data_dir, user="qm_owner") as owner:
        owner.execute("CREATE TABLE jar AS SELECT 'plum' AS label")
    process.kill()
    process.wait()
    launcher.start()
    assert launcher.ask("SELECT label FROM jar", user="qm_owner") == "plum"


def test_it_is_not_stopped_by_a_pid_file_that_names_somebody_else(launcher: Launcher) -> None:
    children.stop(launcher.start(), postgres.STOP)
    somebody = str(os.getpid())
    (launcher.data_dir / "pg18" / "postmaster.pid").write_text(f"{somebody}\n/elsewhere\n")
    (addresses.socket_folder(launcher.data_dir) / ".s.PGSQL.5432.lock").write_text(f"{somebody}\n")
    launcher.start()
    assert launcher.ask("SELECT 1") == 1


def test_it_refuses_to_start_beside_a_running_server(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    launcher.start()
    monkeypatch.setattr(postgres, "START_SECONDS", 0.2)
    with pytest.raises(EmbeddedServerError, match="Another PostgreSQL"):
        launcher.start()
    assert launcher.ask("SELECT 1") == 1


def test_it_runs_below_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path / ("long" * 20) / "data")
    try:
        launcher.start()
        assert addresses.socket_folder(launcher.data_dir).parent == addresses.SHORT_BASE
        assert launcher.ask("SELECT 1") == 1
    finally:
        launcher.stop_all()
        addresses.socket_folder(launcher.data_dir).rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_it_runs_as_root_where_user_namespaces_are_forbidden(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    children.stop(launcher.start(), postgres.STOP)
    monkeypatch.setattr(identity, "NAMESPACE", ("false",))
    identity.unprivileged.cache_clear()
    launcher.data_dir.chmod(0o700)
    try:
        process = launcher.start()
        assert Path(f"/proc/{process.pid}").stat().st_uid == identity.NOBODY
        assert (launcher.data_dir / "pg18").stat().st_uid == identity.NOBODY
        assert launcher.ask("SELECT 1") == 1
    finally:
        identity.unprivileged.cache_clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_it_says_what_to_do_when_root_cannot_be_anybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "NAMESPACE", ("false",))
    monkeypatch.setattr(identity, "ACCOUNT", ("/no/such/program",))
    identity.unprivileged.cache_clear()
    try:
        with pytest.raises(EmbeddedServerError, match="or set DATABASE_URL"):
            identity.unprivileged()
    finally:
        identity.unprivileged.cache_clear()


def test_it_never_takes_a_half_made_folder_for_whole(launcher: Launcher) -> None:
    (launcher.data_dir / "pg18.tmp").mkdir(parents=True)
    (launcher.data_dir / "pg18.tmp" / "PG_VERSION").write_text("18\n")
    launcher.start()
    assert not (launcher.data_dir / "pg18.tmp").exists()
    assert launcher.ask("SELECT 1") == 1


def test_it_shows_the_log_when_the_server_does_not_start(launcher: Launcher) -> None:
    children.stop(launcher.start(), postgres.STOP)
    (launcher.data_dir / "pg18" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match=r"(?s)did not start.*no_such_setting"):
        launcher.start()


def test_it_shows_why_the_data_folder_could_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "INITDB", ("--no-such-option",))
    with pytest.raises(EmbeddedServerError, match=r"(?s)could not be made.*no-such-option"):
        postgres.start(tmp_path / "data")
    assert not (tmp_path / "data" / "pg18").exists()


def test_it_says_what_to_do_where_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(EmbeddedServerError, match="Set DATABASE_URL"):
        postgres.binaries()


def test_it_ends_by_itself_on_an_interrupt(launcher: Launcher) -> None:
    process = launcher.start()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_a_user_without_an_account_enters_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 2**31)
    monkeypatch.setattr(identity, "NAMESPACE", ("env",))
    identity.unprivileged.cache_clear()
    try:
        assert identity.unprivileged() == identity.Identity(prefix=("env",), uid=2**31)
    finally:
        identity.unprivileged.cache_clear()
