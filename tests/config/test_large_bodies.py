"""How many bytes a body may have: few for most addresses, many where whole descriptions come in."""

import asyncio
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import Any

import pytest
from django.urls import reverse

from config import handlers
from config.application import application

pytestmark = pytest.mark.django_db(transaction=True)

CHUNK = b"x" * 600


@pytest.fixture(autouse=True)
def small_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 1_000
    monkeypatch.setattr(handlers, "LARGEST_BODY_BYTES", 3_000)


async def send(path: str, chunks: int) -> int:
    """The status of the answer to a stranger's body in so many chunks."""
    sent: list[Mapping[str, Any]] = []
    left = iter(range(chunks - 1, -1, -1))

    async def receive() -> Mapping[str, Any]:
        more = next(left, None)
        if more is None:
            await asyncio.Event().wait()  # the client stays for its answer
        return {"type": "http.request", "body": CHUNK, "more_body": bool(more)}

    async def note(message: Mapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    await application(scope, receive, note)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("path", "chunks", "status"),
    [
        ("/api/v1/tools/", 1, 401),
        ("/api/v1/tools/", 2, 413),
        ("/api/v1/imports/", 5, 401),
        ("/api/v1/imports/", 6, 413),
        ("/admin/login/", 2, 413),
        ("/admin/integrations/connectorimport/add/", 6, 413),
    ],
)
async def test_it_bounds_bodies_by_their_address(path: str, chunks: int, status: int) -> None:
    assert await send(path, chunks) == status


def test_it_knows_the_addresses_by_their_names() -> None:
    pages = {reverse(f"admin:{model}_add") for model in ("integrations_connectorimport", "memory_memoryimport")}
    assert {reverse("imports"), *pages} == handlers.IMPORTS


async def test_it_keeps_a_large_body_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def noted() -> Any:
        made.append(TemporaryFile())  # noqa: SIM115  the handler closes it
        return made[-1]

    monkeypatch.setattr(handlers, "TemporaryFile", noted)
    assert await send("/api/v1/tools/", 1) == 401
    assert made == []
    assert await send("/api/v1/imports/", 3) == 401
    assert [file.closed for file in made] == [True]
