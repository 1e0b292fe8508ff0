"""As it is served: what a server makes of pieces, of half a body and of what is no HTTP."""

import socket

import pytest

from accounts.models import Tenant
from tests.patience import until
from tests.web import Web
from tests.webhooks.sending import events_of, make_source, path_to, signed

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"action": "opened"}'


def said(web: Web, path: str, framing: str, content: bytes, *, hang_up: bool = False) -> bytes:
    """What the server answers before it hangs up; nothing where the sender hung up first."""
    headers = [("Host", web.host), ("Connection", "close"), *signed(BODY)]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connected:
        connected.sendall(f"POST {path} HTTP/1.1\r\n{lines}{framing}\r\n\r\n".encode() + content)
        if hang_up:
            connected.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connected.recv(65_536):
            answer += piece
    return answer


def test_it_takes_a_body_in_chunks_and_keeps_half_of_one(acme: Tenant, web: Web) -> None:
    source = make_source(acme)
    path = path_to(source)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (BODY[:5], BODY[5:]))
    assert said(web, path, "Transfer-Encoding: chunked", chunks + b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    said(web, path, "Content-Length: 1000", BODY, hang_up=True)
    said(web, path, "Transfer-Encoding: chunked", chunks + b"no chunk\r\n")
    until(lambda: len(events_of(source)) == 3)
    assert [(event.status, event.reason) for event in events_of(source)] == [
        ("accepted", ""),
        ("rejected", "truncated"),
        ("rejected", "truncated"),
    ]
