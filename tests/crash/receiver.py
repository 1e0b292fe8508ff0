"""Whom the registry tells of its events: it is never killed, and remembers what it was told under which id."""

import json
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.upstream import QuietServer


class Receiver:
    def __init__(self) -> None:
        # How often each message came, by its `webhook-id`.
        self.messages: Counter[str] = Counter()
        # The ids under which each event came, by its sequence.
        self.events: defaultdict[int, set[str]] = defaultdict(set)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.note(self.headers["webhook-id"], told["data"]["sequence"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """It would be very much."""

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def note(self, message: str, sequence: int) -> None:
        with self._lock:
            self.messages[message] += 1
            self.events[sequence].add(message)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
