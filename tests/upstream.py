"""A real HTTP server for tests: it remembers what it was sent and answers as it was told."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Scripted:
    """One answer. `before` runs first, in the server's thread: it may wait."""

    status: int = 200
    body: bytes = b'{"ok": true}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    before: Callable[[], object] | None = None


class QuietServer(ThreadingHTTPServer):
    """A client that has gone away is what some tests are about, not a traceback."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Upstream:
    """`answers` are given one after the other; the last one again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[Scripted] = [Scripted()]
        self._lock = threading.Lock()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scripted = upstream.note(Received(self.command, self.path, dict(self.headers), body))
                if scripted.before:
                    scripted.before()
                self.send_response(scripted.status)
                for name, value in scripted.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(scripted.body)))
                self.end_headers()
                self.wfile.write(scripted.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  the library's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """Tests print nothing."""

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def note(self, received: Received) -> Scripted:
        with self._lock:
            self.received.append(received)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def will(self, *answers: Scripted) -> None:
        self.answers = list(answers)

    def will_wait(self) -> tuple[threading.Event, threading.Event]:
        """The next answer comes when the test says so: `arrived` is set by the request, `leave` lets it go."""
        arrived, leave = threading.Event(), threading.Event()

        def wait() -> None:
            arrived.set()
            leave.wait(10)

        self.will(Scripted(before=wait))
        return arrived, leave

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def upstream(settings: Any) -> Iterator[Upstream]:
    """Allowed through egress by exact address and port."""
    server = Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{server.port}"]
    yield server
    server.close()
