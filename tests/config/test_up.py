"""The real `up`: what it says on its first run, how it stops, and what it does when a part of it is killed."""

import http.client
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import addresses
from tests.running import FirstCall, Load, Up, descends_from, run_up, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks for processes in /proc")


class House:
    """One data folder, and the `up` that runs on it; started when a test wants it and it does not run."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.current: Up | None = None
        self.first_output = ""
        # Our end of the terminal, when the current one has one.
        self.keyboard: int | None = None

    def up(self) -> Up:
        if self.current is None or self.current.process.poll() is not None:
            self.current, self.keyboard = Up(self.data_dir), None
            self.current.wait_until_ready()
            wait_for(lambda: self.current is not None and "Stop with Ctrl-C" in self.current.output())
            self.first_output = self.first_output or self.current.output()
        return self.current

    def up_in_terminal(self, *options: str) -> tuple[Up, int]:
        """As a person has it. It serves; the worker and beat may still be starting."""
        if self.keyboard is None or self.current is None or self.current.process.poll() is not None:
            self.stop()
            self.keyboard, terminal = pty.openpty()
            self.current = Up(self.data_dir, *options, terminal=terminal)
            os.close(terminal)
            self.current.wait_until("web-2 is ready" if "--workers" in options else "web is ready")
        return self.current, self.keyboard

    def stop(self) -> None:
        if self.current is not None and self.current.process.poll() is None:
            self.current.stop()

    @property
    def call(self) -> FirstCall:
        if not self.first_output:
            self.stop()
            shutil.rmtree(self.data_dir, ignore_errors=True)
            self.up()
        return FirstCall.of(self.first_output)

    def execute(self) -> str:
        """The id of a recorded execution."""
        answer = self.up().ask("POST", f"/api/v1/tools/{self.call.tool}/execute/", self.call.body, key=self.call.key)
        assert answer.status == 200, answer
        identifier: str = answer.body["id"]
        return identifier


def remembers(up: Up, call: FirstCall, execution: str) -> bool:
    return up.ask("GET", f"/api/v1/executions/{execution}/", key=call.key).status == 200


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("up") / "data")
    yield house
    if house.current is not None:
        current = house.current
        current.end()
        wait_for(lambda: current.pids() == {})


def test_the_first_run_prints_what_a_newcomer_needs(house: House) -> None:
    up = house.up()
    output = house.first_output
    assert f"Quartermaster runs on http://127.0.0.1:{up.port}" in output
    assert re.search(r"^  login      \S+@\S+$", output, re.M)
    assert re.search(r"^  password   \S{12,}$", output, re.M)
    assert re.search(r"^  agent key  qm_\S{40,}$", output, re.M)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_printed_curl_line_works(house: House) -> None:
    pasted = subprocess.run(["/bin/sh", "-c", house.call.line], capture_output=True, text=True, check=True)
    assert '"status":"succeeded"' in pasted.stdout.replace(" ", "")


def test_the_first_run_says_each_step_with_its_time(house: House) -> None:
    house.up()
    steps = re.findall(r"^\[ *\d+\.\d s\] (.*) (?:is ready|seeded)$", house.first_output, re.M)
    assert steps == ["PostgreSQL", "Valkey", "demo", "Database checked, migrated and", "web", "worker", "beat"]


def test_secrets_are_shown_once_and_kept_in_no_log(house: House) -> None:
    key, password = house.call.key, re.search(r"password   (\S+)", house.first_output)
    assert password
    house.execute()
    for log in (house.data_dir / "log").iterdir():
        assert key not in log.read_text(), log
        assert password[1] not in log.read_text(), log
    for name in ("secret_key", "vault.key"):
        assert (house.data_dir / name).stat().st_mode & 0o777 == 0o600


def test_a_second_up_says_that_one_runs(house: House) -> None:
    up = house.up()
    second = run_up(house.data_dir)
    assert second.returncode == 1
    assert f"already runs on http://127.0.0.1:{up.port} (pid {up.process.pid}" in second.stdout
    assert up.readiness().status == 200


def test_a_busy_port_is_a_sentence(house: House, tmp_path: Path) -> None:
    port = house.up().port
    second = run_up(tmp_path / "other", "--port", str(port))
    assert second.returncode == 1
    assert f"Port {port} is taken by another program. Choose another one: --port {port + 1}" in second.stdout
    assert "Traceback" not in second.stdout + second.stderr
    assert not (tmp_path / "other" / "pg18").exists()


def test_with_a_database_of_ones_own_it_makes_no_keys(tmp_path: Path) -> None:
    refused = run_up(tmp_path / "data", DATABASE_URL="postgresql://qm_app@127.0.0.1/quartermaster")
    assert refused.returncode == 1
    assert "the keys must be yours too" in refused.stdout
    assert not (tmp_path / "data" / "secret_key").exists()


@pytest.mark.django_db(transaction=True)
def test_with_servers_of_ones_own_it_starts_none(tmp_path: Path) -> None:
    # Those of this test run: they have the roles, and are swept afterwards.
    ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "VAULT_KEY_FILE")
    up = Up(tmp_path / "data", "--no-demo", more={name: os.environ[name] for name in ours})
    up.wait_until("web is ready")
    assert "PostgreSQL" not in up.output()
    assert "Valkey" not in up.output()
    assert up.readiness().body["checks"]["postgresql"] == "ok"
    assert up.stop() == 0
    kept = {path.name for path in (tmp_path / "data").iterdir()}
    assert kept.isdisjoint({"pg18", "valkey", "secret_key", "vault.key"})


def test_a_database_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "x" * 60, "VAULT_KEY_FILE": __file__}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused = run_up(tmp_path / "data", DATABASE_URL=f"postgresql://qm_app@127.0.0.1:{port}/quartermaster", **keys)
    assert refused.returncode == 1
    assert "config.E001: PostgreSQL cannot be used" in refused.stdout
    assert "Check DATABASE_URL" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (tmp_path / "data" / "pg18").exists()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_each_process_says_to_other_hosts_that_it_lives(house: House, name: str) -> None:
    pid = house.up().pid_of(name)
    (gauges,) = (house.data_dir / "metrics").glob(f"gauge_livesum_*-{pid}.db")
    os.utime(gauges, (0, 0))
    wait_for(lambda: gauges.stat().st_mtime > 0)


@pytest.mark.parametrize("name", ["web", "worker", "beat", "demo", "valkey", "postgres"])
def test_what_is_killed_comes_back_and_no_answered_call_is_lost(house: House, name: str) -> None:
    up = house.up()
    wait_for(up.is_ready_again)
    with Load(up, house.call) as load:
        load.wait_for_more()
        killed = up.pid_of(name)
        up.kill(name)
        wait_for(lambda: killed not in up.pids())
        wait_for(lambda: name in up.children())
        wait_for(lambda: up.all_are_back() and up.is_ready_again())
        load.wait_for_more()
    assert load.lost() == []
    assert up.pid_of(name) != killed


def ask_host(house: House) -> dict[str, object]:
    connection = http.client.HTTPConnection("localhost")
    with socket.socket(socket.AF_UNIX) as connection.sock:
        connection.sock.connect(str(addresses.host_socket(house.data_dir)))
        connection.request("GET", "/healthz")
        answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


def test_the_host_starts_when_it_is_first_asked_and_again_when_it_was_killed(house: House) -> None:
    house.stop()
    up = house.up()
    assert "host" not in up.children()
    assert ask_host(house) == {"status": "ok", "model": "minilm-l6-v2", "loaded": False, "waiting": 0}
    wait_for(lambda: "host is ready" in up.log())
    first = up.pid_of("host")
    up.kill("host")
    wait_for(lambda: "host ended (killed by SIGKILL)" in up.log())
    assert ask_host(house)["loaded"] is False
    assert up.pid_of("host") != first


@pytest.mark.parametrize(("name", "check", "status"), [("postgres", "postgresql", 503), ("valkey", "redis", 200)])
def test_readyz_tells_the_truth_while_a_server_is_frozen(house: House, name: str, check: str, status: int) -> None:
    up = house.up()
    wait_for(up.is_ready_again)
    frozen = [pid for pid, command in up.pids().items() if name in command and "config." not in command]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        answer = up.readiness()
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    assert answer.status == status
    assert answer.body["status"] != "ready"
    assert answer.body["checks"][check] != "ok"
    wait_for(up.is_ready_again)


def test_a_killed_supervisor_leaves_no_process_and_loses_no_row(house: House) -> None:
    call, execution, killed = house.call, house.execute(), house.up()
    killed.process.kill()
    killed.process.wait()
    # Started at once, while the children of the killed one are still ending.
    up = house.up()
    assert up is not killed
    assert remembers(up, call, execution)
    assert all(pid == up.process.pid or descends_from(pid, up) for pid in up.pids())


def test_sigterm_stops_everything(house: House) -> None:
    up = house.up()
    assert up.stop(signal.SIGTERM) == 0
    assert up.pids() == {}
    assert up.output().endswith("Stopped; nothing is left running\n")


def test_without_the_demo_egress_has_no_hole(house: House) -> None:
    call = house.call
    up, _ = house.up_in_terminal("--no-demo", "--workers", "2")
    assert not any("config.demo_upstream" in command for command in up.pids().values())
    answer = up.ask("POST", f"/api/v1/tools/{call.tool}/execute/", call.body, key=call.key)
    assert (answer.status, answer.body["code"]) == (403, "egress_blocked")


def test_ctrl_c_twice_stops_at_once(house: House) -> None:
    up, keyboard = house.up_in_terminal()
    os.write(keyboard, b"\x03")
    wait_for(lambda: "Stopping" in up.log())
    os.write(keyboard, b"\x03")
    assert up.process.wait(60) == 0
    assert up.pids() == {}
    os.close(keyboard)


def test_a_closed_terminal_stops_everything(house: House) -> None:
    up, keyboard = house.up_in_terminal()
    os.close(keyboard)
    assert up.process.wait(60) == 0
    assert up.pids() == {}


def test_stopping_while_it_starts_leaves_nothing(house: House) -> None:
    house.stop()
    up = Up(house.data_dir)
    wait_for(lambda: "PostgreSQL is ready" in up.output())
    assert up.stop(signal.SIGINT) == 0
    assert up.pids() == {}
