"""The service behind the tools: it is never killed, and counts how often each call had its effect."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.upstream import QuietServer

SAFE, UNSAFE = "crash-safe", "crash-unsafe"
TOOLS = (SAFE, UNSAFE)


class Effects:
    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        lock = threading.Lock()
        effects = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    effects.counted[asked["call"]] += 1
                time.sleep(asked["delay_ms"] / 1000)
                body = json.dumps({"done": asked["call"]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """It would be very much."""

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def tool(self, slug: str) -> dict[str, Any]:
        """What is registered: two tools that differ in what they promise only."""
        return {
            "slug": slug,
            "name": slug,
            "version": "1.0.0",
            "input_schema": {
                "type": "object",
                "properties": {"call": {"type": "string"}, "delay_ms": {"type": "integer"}},
                "required": ["call", "delay_ms"],
            },
            "transport": "http",
            "definition": {"method": "POST", "url": f"http://127.0.0.1:{self.port}/"},
            "timeout_ms": 5000,
            "idempotent": slug == SAFE,
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
