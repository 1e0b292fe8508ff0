"""The host on its own: on a unix socket, on an address, and by the command of its name."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.supervisor.options import BASE_DIR
from tests.integrations.embedding.conftest import Hosts, hosts  # noqa: F401 - a fixture
from tests.running import wait_for


def health(sock: socket.socket) -> dict[str, object]:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = sock
    connection.request("GET", "/healthz")
    found: dict[str, object] = json.loads(connection.getresponse().read())
    return found


def test_it_listens_on_a_socket_in_a_private_folder(hosts: Hosts) -> None:  # noqa: F811
    host = hosts.start()
    file = Path(host.url.removeprefix("unix://"))
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(file))
        assert health(sock)["loaded"] is False
    assert host.end() == -signal.SIGTERM


def test_it_listens_on_an_address(hosts: Hosts) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hosts.start("--host", "127.0.0.1", "--port", str(port))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        assert health(sock)["status"] == "ok"


def test_it_listens_on_a_socket_that_it_was_given(hosts: Hosts) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hosts.start("--fd", str(listening.fileno()), pass_fds=[listening.fileno()])
        with socket.create_connection(listening.getsockname(), timeout=30) as sock:
            assert health(sock)["status"] == "ok"


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_the_command_becomes_the_host_and_loads_no_model(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    environment = {**os.environ, "READY_FILE": str(ready), "DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "manage.py", "host", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(command, cwd=BASE_DIR, env=environment)
    try:
        wait_for(lambda: ready.exists() and ready.read_text() == str(process.pid))
        arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        assert arguments[1:3] == [b"-m", b"config.host"]
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        assert "numpy" not in maps
    finally:
        process.terminate()
        process.wait(30)


def test_the_command_knows_its_options() -> None:
    command = [sys.executable, "manage.py", "host", "--sideways"]
    refused = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "unrecognized arguments: --sideways" in refused.stderr
