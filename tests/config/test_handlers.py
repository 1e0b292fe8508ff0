"""The API's own handler, as a web process runs it."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connection

from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from config import handlers
from config.application import application
from registry.api import execution_events
from registry.models import Execution
from registry.models.execution import Status


async def get(path: str, key: str) -> tuple[int, Any]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())],
    }
    caller: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
    await caller.send_input({"type": "http.request", "body": b""})
    start = await caller.receive_output(timeout=10)
    body = await caller.receive_output(timeout=10)
    await caller.wait()
    return start["status"], json.loads(body["body"])


def lent() -> int:
    """How many connections the pool waits for; the one that made the cast is among them."""
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    number: int = stats["pool_size"] - stats["pool_available"]
    return number


@pytest.mark.django_db(transaction=True)
async def test_it_gives_every_connection_back_to_the_pool(scout_key: str) -> None:
    before = lent()
    for _ in range(settings.DATABASE_POOL_SIZE + 2):
        status, _ = await get(f"/api/v1/executions/{uuid4()}/", scout_key)
        assert status == 404
    assert lent() == before


# --- Streams ---


@pytest.fixture
def waiting(acme: Tenant) -> UUID:
    """An execution whose events nobody ends."""
    with within(acme.id):
        now = datetime.now(UTC)
        row = Execution(tenant=acme, tool_slug="x", status=Status.PENDING, waits_for="worker", started_at=now)
        row.save(force_insert=True)
    return row.id


class Client:
    """The server's side of one connection."""

    def __init__(self, path: str, key: str, method: str = "GET") -> None:
        headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())]
        self.scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
        self.sent: list[Mapping[str, Any]] = []
        self.hung_up = asyncio.Event()
        self.first_frame = asyncio.Event()
        self.reads = True
        self._asked = False

    async def receive(self) -> Mapping[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b""}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)
        if message.get("more_body"):
            self.first_frame.set()
            if not self.reads:
                await asyncio.Event().wait()

    def call(self) -> "asyncio.Task[None]":
        return asyncio.ensure_future(application(self.scope, self.receive, self.send))


def events_of(execution_id: UUID) -> str:
    return f"/api/v1/executions/{execution_id}/events/"


@pytest.mark.django_db(transaction=True)
async def test_it_ends_a_stream_whose_client_hangs_up(waiting: UUID, scout_key: str) -> None:
    client = Client(events_of(waiting), scout_key)
    calling = client.call()
    await asyncio.wait_for(client.first_frame.wait(), 20)
    client.hung_up.set()
    await asyncio.wait_for(calling, 20)
    assert client.sent[-1]["more_body"] is True
    assert execution_events._open == {}


@pytest.mark.django_db(transaction=True)
async def test_it_hangs_up_on_a_client_that_does_not_read(
    waiting: UUID, scout_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "SLOWEST_READER_SECONDS", 0.1)
    client = Client(events_of(waiting), scout_key)
    client.reads = False
    await asyncio.wait_for(client.call(), 20)
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]
    assert execution_events._open == {}


@pytest.mark.django_db(transaction=True)
async def test_it_ends_a_stream_when_the_server_does(waiting: UUID, scout_key: str) -> None:
    client = Client(events_of(waiting), scout_key)
    calling = client.call()
    await asyncio.wait_for(client.first_frame.wait(), 20)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert execution_events._open == {}


@pytest.mark.django_db(transaction=True)
async def test_it_answers_a_head_without_a_body(waiting: UUID, scout_key: str) -> None:
    client = Client(events_of(waiting), scout_key, "HEAD")
    await asyncio.wait_for(client.call(), 20)
    start, end = client.sent
    assert (start["status"], end) == (200, {"type": "http.response.body"})
    assert dict(start["headers"])[b"content-type"] == b"text/event-stream"
    assert execution_events._open == {}


@pytest.mark.django_db(transaction=True)
async def test_it_logs_what_breaks_a_stream_off(
    waiting: UUID, acme: Tenant, scout_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    def lose() -> None:
        with within(acme.id):
            Execution.objects.filter(id=waiting).delete()

    client = Client(events_of(waiting), scout_key)
    calling = client.call()
    await asyncio.wait_for(client.first_frame.wait(), 20)
    await in_database_thread(lose)
    await asyncio.wait_for(calling, 20)
    assert "An answer was broken off." in caplog.text
    assert execution_events._open == {}
