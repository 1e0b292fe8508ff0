"""The API's own handler, as a web process runs it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connection

from config.application import application


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
