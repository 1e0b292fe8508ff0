"""The web process on its own, as a container runs it; and behind the gate, as `up` does."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from config.supervisor.options import BASE_DIR
from config.supervisor.services import own_processor
from tests.running import wait_for


class Web:
    """Starts web processes and stops what is left."""

    def __init__(self, folder: Path) -> None:
        self.ready = folder / "ready"
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, pass_fds: Sequence[int] = (), **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.web", *arguments],
            cwd=BASE_DIR,
            env={**os.environ, "READY_FILE": str(self.ready), **environment},
            pass_fds=pass_fds,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def is_ready(self) -> bool:
        return self.ready.exists() and self.ready.read_text() == str(self._started[-1].pid)

    def stop_all(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    yield web
    web.stop_all()


def status_of(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_serves_says_that_it_is_ready_and_ends_on_sigterm(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = web.start("--port", str(port))
    wait_for(web.is_ready)
    assert status_of(port) == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)


def logged(web: Web, level: str, *, request: bytes = b"") -> str:
    """What it writes from its start to its end, started as by `up`."""
    gate, opening = os.pipe()
    os.write(opening, b".")
    os.close(opening)
    with socket.create_server(("127.0.0.1", 0)) as listening, os.fdopen(gate):
        handed = (listening.fileno(), gate)
        process = web.start("--fd", str(handed[0]), "--gate", str(gate), pass_fds=handed, LOG_LEVEL=level)
        wait_for(web.is_ready)
        if request:
            with socket.create_connection(listening.getsockname()) as client:
                client.sendall(request)
                assert client.recv(1024)
        process.send_signal(signal.SIGTERM)
        return process.communicate(timeout=30)[1]


def test_it_logs_that_it_starts_and_ends_unless_told_to_be_quiet(web: Web) -> None:
    assert "Started server process" in logged(web, "INFO")
    assert logged(web, "WARNING") == ""


def test_it_logs_nothing_of_what_goes_through_a_websocket(web: Web) -> None:
    asked = (
        b"GET /ws/live/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Note: between-us\r\n\r\n"
    )
    assert "between-us" not in logged(web, "DEBUG", request=asked)


def test_it_serves_nobody_before_the_gate_opens(web: Web) -> None:
    gate, opening = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        web.start("--fd", str(listening.fileno()), "--gate", str(gate), pass_fds=[listening.fileno(), gate])
        assert not web.is_ready()
        os.write(opening, b".")
        wait_for(web.is_ready)
        assert status_of(listening.getsockname()[1]) == 200
    os.close(gate)
    os.close(opening)


def test_it_gives_up_when_the_start_is_given_up(web: Web) -> None:
    gate, opening = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = web.start("--fd", str(listening.fileno()), "--gate", str(gate), pass_fds=[listening.fileno(), gate])
        os.close(opening)
        _, said = process.communicate(timeout=60)
    os.close(gate)
    assert process.returncode == 1
    assert said.endswith("The start was given up.\n")
    assert not web.is_ready()


SET_ASIDE = """
import gc, sys
from config import asgi, web
web._set_aside_what_stays()
print(gc.get_freeze_count() > 100_000, "registry.api.urls" in sys.modules)
"""


def test_it_sets_aside_all_that_stays_before_it_serves() -> None:
    said = subprocess.run([sys.executable, "-c", SET_ASIDE], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert said.stdout == "True True\n"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a process choose its processor")
def test_it_stays_on_the_processor_it_was_given(web: Web) -> None:
    mine = max(os.sched_getaffinity(0))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = web.start("--fd", str(listening.fileno()), "--cpu", str(mine), pass_fds=[listening.fileno()])
        wait_for(web.is_ready)
        assert os.sched_getaffinity(process.pid) == {mine}


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a process choose its processor")
def test_it_refuses_a_processor_that_is_not_there(web: Web) -> None:
    process = web.start("--port", "0", "--cpu", "1023")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == "There is no processor 1023 for this process (Invalid argument). Leave --cpu out.\n"


def test_it_gives_each_web_process_a_processor_in_turn() -> None:
    given = [own_processor(name) for name in ("web", "web-1", "web-2", "web-3", "web-4")]
    if len(os.sched_getaffinity(0)) < 2:
        assert set(given) == {()}
        return
    assert given[0] == given[1] != given[2]
    assert {int(number) for _, number in given} <= os.sched_getaffinity(0)
