"""The service behind the tools: it is never killed, and counts how often each call had its effect."""

import json
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.upstream import QuietServer

SAFE, UNSAFE = "crash-safe", "crash-unsafe"
TOOLS = (SAFE, UNSAFE)
KEYED = {"idempotency_header": "Idempotency-Key"}


class Effects:
    def __init__(self) -> None:
        # By the name of the call.
        self.counted: Counter[str] = Counter()
        # The Idempotency-Keys of each: what is safe to repeat has its effect once for each key.
        self.keys: defaultdict[str, set[str]] = defaultdict(set)
        self._failed: set[str] = set()
        self._lock = threading.Lock()
        effects = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = effects.note(asked["call"], self.headers["Idempotency-Key"] or "", asked.get("first_answer"))
                time.sleep(asked["delay_ms"] / 1000)
                body = json.dumps({"done": asked["call"]}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """It would be very much."""

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, call: str, key: str, first_answer: int | None) -> int:
        """The status to answer with. Whoever asks for a failure gets it once, and without an effect."""
        with self._lock:
            self.keys[call].add(key)
            if first_answer is not None and call not in self._failed:
                self._failed.add(call)
                return first_answer
            self.counted[call] += 1
            return 200

    def of(self, call: str, tool: str) -> int:
        """How often it had its effect: a service that honours keys has it once for each key that it saw."""
        done = self.counted[call]
        return len(self.keys[call]) if done and tool == SAFE else done

    def tool(self, slug: str) -> dict[str, Any]:
        """What is registered: two tools that differ in what they promise only."""
        return {
            "slug": slug,
            "name": slug,
            "version": "1.0.0",
            "input_schema": {
                "type": "object",
                "properties": {
                    "call": {"type": "string"},
                    "delay_ms": {"type": "integer"},
                    "first_answer": {"type": "integer"},
                },
                "required": ["call", "delay_ms"],
            },
            "transport": "http",
            "definition": {"method": "POST", "url": f"http://127.0.0.1:{self.port}/"} | (KEYED if slug == SAFE else {}),
            "timeout_ms": 5000,
            "idempotent": slug == SAFE,
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
