"""Files of memories are larger than any other body, and nobody's whose key opens nothing."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from config.application import application
from memory.models import MemoryImport
from tests.cast import make_agent, make_key
from tests.memory.bulk_lines import numbered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
LINES = numbered(100)


async def send(key: str | None, body: bytes, path: str = "/api/v1/memory-imports/") -> tuple[int, Any]:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-ndjson"), (b"transfer-encoding", b"chunked")]
    if key is not None:
        headers.append((b"authorization", f"Bearer {key}".encode()))
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    caller: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
    for at in range(0, len(body), 500):
        await caller.send_input({"type": "http.request", "body": body[at : at + 500], "more_body": True})
    await caller.send_input({"type": "http.request", "body": b""})
    start = await caller.receive_output(timeout=20)
    answer = await caller.receive_output(timeout=20)
    await caller.wait()
    return start["status"], json.loads(answer["body"])


def imports(tenant: Tenant) -> list[int]:
    with within(tenant.id):
        return list(MemoryImport.objects.values_list("total_lines", flat=True))


@pytest.fixture(autouse=True)
def _small(settings: Any) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 1_000
    settings.MEMORY_IMPORT_BYTES = 5_000


async def test_it_takes_a_file_from_who_may_import(acme: Tenant, scout_key: str) -> None:
    status, told = await send(scout_key, LINES)
    assert (status, told["total"], told["bytes"]) == (202, 100, len(LINES))
    assert await sync_to_async(imports)(acme) == [100]


async def test_it_takes_no_more_than_an_import_may_hold(acme: Tenant, scout_key: str) -> None:
    status, told = await send(scout_key, LINES * 3)
    assert (status, told["code"]) == (413, "too_large")
    assert await sync_to_async(imports)(acme) == []


@pytest.mark.parametrize("key", [None, "qm_" + "x" * 43])
async def test_it_takes_no_file_from_whose_key_opens_nothing(acme: Tenant, key: str | None) -> None:
    assert (await send(key, LINES))[0] == 413
    assert (await send(key, b"{}\n"))[0] == 401
    assert await sync_to_async(imports)(acme) == []


async def test_it_takes_no_file_from_who_may_only_read(acme: Tenant) -> None:
    reader = await sync_to_async(lambda: make_key(make_agent(acme, "reader", Role.VIEWER)))()
    assert (await send(reader, LINES))[0] == 413
    assert await sync_to_async(imports)(acme) == []


async def test_it_takes_as_much_as_ever_elsewhere(acme: Tenant, scout_key: str) -> None:
    assert (await send(scout_key, LINES, "/api/v1/memory-erasures/"))[0] == 413
