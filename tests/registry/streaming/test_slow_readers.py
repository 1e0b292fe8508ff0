"""Callers that do not read what they asked for: the service has to wait, and nothing piles up in between."""

import asyncio
import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import Tenant
from registry.models import Tool
from registry.models.execution import Status
from tests.integrations.egress.upstreams import Peer, Upstream
from tests.patience import until
from tests.registry.execution.rows import executions
from tests.registry.streaming.server import HEAD, Script, chunked
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., Tool]
PART = chunked(b"data: " + json.dumps({"text": "z" * 8_000}).encode() + b"\n\n")
# The kernel keeps some megabytes in each of the two connections; what is beyond would be ours.
MOST_UNDER_WAY = 24_000_000


@dataclass
class Fountain:
    """An upstream that writes without an end, as fast as it may."""

    written: int = 0
    blocked: threading.Event = field(default_factory=threading.Event)
    flows_again: threading.Event = field(default_factory=threading.Event)

    def answer(self, peer: Peer) -> None:
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        peer.raw(HEAD.format("text/event-stream").encode())
        peer.connection.setblocking(False)
        waiting = b""
        while not peer.upstream.stop.is_set():
            _, writable, _ = select.select([], [peer.connection], [], 1.0)
            if not writable:
                self.blocked.set()
                continue
            if self.blocked.is_set():
                self.flows_again.set()
            waiting = waiting or PART
            sent = peer.connection.send(waiting)
            self.written += sent
            waiting = waiting[sent:]


class SlowClient:
    """Sends a call and reads only when it is told to."""

    def __init__(self, web: Web, key: str, body: dict[str, Any]) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", web.port))
        content = json.dumps(body).encode()
        head = f"POST /api/v1/executions/ HTTP/1.1\r\nHost: {web.host}\r\nAuthorization: Bearer {key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self.socket.sendall(head.encode() + content)

    def read(self, most: int = 65_536) -> bytes:
        return self.socket.recv(most)

    def read_until(self, found: bytes) -> bytes:
        last = b""
        while found not in last:
            read = self.read()
            assert read, "The answer ended before."
            last = last[-len(found) :] + read
        return last

    def read_all(self) -> bytes:
        last = b""
        while not last.endswith(b"0\r\n\r\n"):
            read = self.read()
            if not read:
                break
            last = last[-10_000:] + read
        return last


@pytest.fixture
def fountain(service: tuple[Upstream, Script]) -> Fountain:
    spring = Fountain()
    service[0].behaviours["/"] = spring.answer
    return spring


@pytest.fixture
def slow_client(streaming_web: Web, scout_key: str) -> Iterator[Callable[..., SlowClient]]:
    clients: list[SlowClient] = []

    def call(**more: Any) -> SlowClient:
        body = {"tool": "crm-find", "input": {"account": 7}, "mode": "stream", **more}
        clients.append(SlowClient(streaming_web, scout_key, body))
        return clients[-1]

    yield call
    for client in clients:
        client.socket.close()


def test_it_lets_the_service_wait_for_the_caller(
    acme: Tenant, tool: Register, fountain: Fountain, slow_client: Callable[..., SlowClient]
) -> None:
    tool(timeout_ms=60_000)
    client = slow_client()
    assert b"event: start" in client.read_until(b"event: start")
    assert fountain.blocked.wait(20)
    assert fountain.written < MOST_UNDER_WAY
    stopped_at = fountain.written
    while not fountain.flows_again.is_set():
        client.read()
    until(lambda: fountain.written > stopped_at)
    client.socket.close()
    until(lambda: executions(acme)[0].status == Status.CANCELLED)


def test_a_caller_who_does_not_read_until_time_is_over_is_told_so(
    acme: Tenant, tool: Register, fountain: Fountain, slow_client: Callable[..., SlowClient]
) -> None:
    tool(timeout_ms=2_500)
    client = slow_client()
    client.read_until(b"event: start")
    until(lambda: executions(acme)[0].status != Status.RUNNING)
    [row] = executions(acme)
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["status"]) == (Status.FAILED, "reads_too_slowly", 408)
    last = client.read_all()
    assert b"event: error" in last
    assert b'"code":"reads_too_slowly"' in last


async def test_a_caller_who_reads_gets_all_of_a_long_answer(
    tool: Register, script: Script, slow_client: Callable[..., SlowClient]
) -> None:
    await asyncio.to_thread(tool)
    script.will_send(*[b"data: " + json.dumps({"n": n, "text": "so " * 16_000}).encode() + b"\n\n" for n in range(40)])
    script.let_go()
    client = await asyncio.to_thread(slow_client)
    last = await asyncio.to_thread(client.read_all)
    assert b'"finished_at":' in last
