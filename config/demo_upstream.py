"""The small HTTP service that the first tool calls, so that a newcomer sees a real call go out and come back.

/echo answers with what it was sent, /health with 200, /slow?ms= after a while, /fail with 500, /stores to those who
bring its key.
"""

import argparse
import json
import socket
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from config import announce, demo_stores

LONGEST_BODY_BYTES = 1_000_000
LONGEST_WAIT_MS = 60_000
STORES = "/stores/"
SHOWN_HEADERS = ("content-type", "user-agent", "x-trace", "idempotency-key", "traceparent")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names are the standard library's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Nothing: what is called here is recorded by the caller."""

    def _answer(self) -> None:
        body = self._read_body()
        if body is None:
            self._send(413, {"error": f"The body is longer than {LONGEST_BODY_BYTES} bytes."}, close=True)
            return
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path.startswith(STORES):
            key = self.headers.get("X-Api-Key", "")
            self._send(*demo_stores.answer(self.command, url.path.removeprefix(STORES), query, key, body))
            return
        match url.path.rstrip("/"):
            case "/echo":
                self._send(200, self._echo(url.path, query, body))
            case "/health":
                self._send(200, {"status": "ok"})
            case "/slow":
                waited = waiting_time(query)
                time.sleep(waited / 1000)
                self._send(200, {"waited_ms": waited})
            case "/fail":
                self._send(500, {"error": "This address always fails."})
            case _:
                self._send(404, {"error": "Known addresses: /echo /health /slow?ms= /fail /stores/items"})

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY_BYTES:
            return None
        return self.rfile.read(int(length))

    def _echo(self, path: str, query: dict[str, list[str]], body: bytes) -> dict[str, Any]:
        headers = {name: self.headers[name] for name in SHOWN_HEADERS if name in self.headers}
        return {
            "method": self.command,
            "path": path,
            "query": {name: values[0] if len(values) == 1 else values for name, values in query.items()},
            "headers": headers,
            "body": _readable(body),
        }

    def _send(self, status: int, answer: dict[str, Any], *, close: bool = False) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a caller that hangs up is part of the play."""


def waiting_time(query: dict[str, list[str]]) -> int:
    asked = query.get("ms", ["1000"])[0]
    return min(int(asked), LONGEST_WAIT_MS) if asked.isascii() and asked.isdigit() else 1000


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="config.demo_upstream", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="a listening socket that was inherited")
    server = Server(socket.socket(fileno=parser.parse_args(arguments).fd))
    announce.ready()
    server.serve_forever()


if __name__ == "__main__":
    main()
