import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from config import demo_upstream
from config.supervisor import ports


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    listening = ports.listen("127.0.0.1", 0)
    server = demo_upstream.Server(listening)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listening.getsockname()[1]
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_it_echoes_what_it_was_sent(port: int) -> None:
    status, answer = ask(port, "POST", "/echo?a=1&b=2&b=3", b'{"text": "hello"}', **{"X-Trace": "t-1"})
    assert status == 200
    assert answer == {
        "method": "POST",
        "path": "/echo",
        "query": {"a": "1", "b": ["2", "3"]},
        "headers": {"x-trace": "t-1"},
        "body": {"text": "hello"},
    }


def test_it_never_echoes_credentials(port: int) -> None:
    _, answer = ask(port, "GET", "/echo", Authorization="Bearer secret", Cookie="secret")
    assert answer == {"method": "GET", "path": "/echo", "query": {}, "headers": {}, "body": None}


@pytest.mark.parametrize("body", [b"not json \xff", b"[" * 200_000])
def test_it_echoes_what_is_not_json_as_text(port: int, body: bytes) -> None:
    _, answer = ask(port, "PUT", "/echo", body)
    assert isinstance(answer, dict)
    assert answer["body"] == body.decode(errors="replace")


def test_it_is_healthy(port: int) -> None:
    assert ask(port, "GET", "/health") == (200, {"status": "ok"})


@pytest.mark.parametrize(("asked", "waited"), [("?ms=5", 5), ("?ms=0", 0)])
def test_it_takes_the_time_it_is_asked_to(port: int, asked: str, waited: int) -> None:
    assert ask(port, "GET", f"/slow{asked}") == (200, {"waited_ms": waited})


def test_it_waits_no_longer_than_a_minute() -> None:
    assert demo_upstream.waiting_time({"ms": ["99999999"]}) == demo_upstream.LONGEST_WAIT_MS
    assert demo_upstream.waiting_time({"ms": ["soon"]}) == 1000
    assert demo_upstream.waiting_time({}) == 1000


def test_it_fails_when_asked_to(port: int) -> None:
    assert ask(port, "POST", "/fail", b"{}") == (500, {"error": "This address always fails."})


def test_it_says_what_it_knows(port: int) -> None:
    status, answer = ask(port, "DELETE", "/nothing")
    assert status == 404
    assert "/echo" in str(answer)


@pytest.mark.parametrize("length", ["1000001", "-5", "many"])
def test_it_reads_no_body_that_is_too_long(port: int, length: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert connection.makefile("rb").readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"


def test_it_survives_a_caller_that_hangs_up(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    assert ask(port, "GET", "/health") == (200, {"status": "ok"})
