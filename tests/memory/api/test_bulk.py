"""Imports, exports and erasures over the wire."""

import json
from typing import Any

import pytest

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.erasing.work import work_erasures
from memory.importing.work import work_imports
from memory.models import Access, Memory, MemoryErasure, MemoryImport
from tests.cast import make_agent, make_key
from tests.doors import Api, AsyncApi
from tests.memory.bulk_lines import as_lines, numbered
from tests.memory.remembering import remember, rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
LINES = "application/x-ndjson"


@pytest.fixture
def chief_key(acme: Tenant) -> str:
    return make_key(make_agent(acme, "chief", Role.ADMIN))


@pytest.fixture
def chief(chief_key: str) -> Api:
    return Api(chief_key)


# --- Imports ---


def test_it_takes_lines_and_says_where_to_look(api: Api, acme: Tenant) -> None:
    answer = api.post("memory-imports/?namespace=crm", numbered(3) + as_lines({}), content_type=LINES)
    assert answer.status_code == 202
    told = answer.json()
    assert answer["Location"] == f"/api/v1/memory-imports/{told['id']}/"
    assert (told["status"], told["total"], told["done"], told["namespace"]) == ("waiting", 4, 0, "crm/")
    work_imports()
    after = api.get(answer["Location"]).json()
    assert (after["status"], after["done"], after["created"], after["refused"]) == ("succeeded", 4, 3, 1)
    assert after["lines_per_second"] > 0
    assert after["eta_seconds"] is None
    faults = api.get(f"memory-imports/{told['id']}/faults/").json()["results"]
    assert faults == [{"line": 4, "path": "$.content", "message": "This is needed."}]
    assert [each["id"] for each in api.get("memory-imports/", {"status": "succeeded"}).json()["results"]] == [
        told["id"]
    ]
    assert api.get("memory-imports/", {"status": "failed"}).json()["results"] == []


def test_it_pages_faults_in_the_order_of_their_lines(api: Api) -> None:
    told = api.post("memory-imports/", as_lines({}, {}, {}), content_type="application/jsonl").json()
    work_imports()
    first = api.get(f"memory-imports/{told['id']}/faults/", {"limit": 2}).json()
    assert [each["line"] for each in first["results"]] == [1, 2]
    second = api.client.get(first["next"], headers={"Authorization": f"Bearer {api.key}"}).json()
    assert [each["line"] for each in second["results"]] == [3]


def test_it_says_as_what_lines_are_sent(api: Api) -> None:
    answer = api.post("memory-imports/", {"content": "x"}, content_type="application/json")
    told = "Bodies here are JSON lines: an object on each. Send `Content-Type: application/x-ndjson`."
    assert (answer.status_code, answer.json()["detail"]) == (415, told)


def test_it_calls_one_off(api: Api) -> None:
    told = api.post("memory-imports/", numbered(3), content_type=LINES).json()
    assert api.post(f"memory-imports/{told['id']}/cancel/").json()["status"] == "cancelled"
    assert api.post(f"memory-imports/{told['id']}/cancel/").status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("memory-imports/", b"", LINES, 422),
        ("memory-imports/", {"content": "x"}, "application/json", 415),
        ("memory-imports/?trust=much", b"{}\n", LINES, 422),
        ("memory-imports/?colour=red", b"{}\n", LINES, 422),
        ("memory-imports/?namespace=a%20b", b"{}\n", LINES, 422),
        ("memory-imports/", b"{}\n", f"{LINES}; charset=latin-1", 415),
    ],
)
def test_it_refuses_what_is_no_import(api: Api, acme: Tenant, path: str, body: Any, kind: str, status: int) -> None:
    assert api.post(path, body, content_type=kind).status_code == status
    with within(acme.id):
        assert not MemoryImport.objects.exists()


def test_it_refuses_who_shows_no_key_and_who_may_only_read(api: Api, acme: Tenant) -> None:
    reader = Api(make_key(make_agent(acme, "reader", Role.VIEWER)))
    assert api.as_(None).post("memory-imports/", numbered(1), content_type=LINES).status_code == 401
    assert reader.post("memory-imports/", numbered(1), content_type=LINES).status_code == 403
    with within(acme.id):
        assert not MemoryImport.objects.exists()


def test_it_shows_nothing_to_another_tenant(api: Api, spy_api: Api) -> None:
    told = api.post("memory-imports/", numbered(1), content_type=LINES).json()
    for path in ("", "faults/"):
        assert spy_api.get(f"memory-imports/{told['id']}/{path}").status_code == 404
    assert spy_api.post(f"memory-imports/{told['id']}/cancel/").status_code == 404
    assert spy_api.get("memory-imports/").json()["results"] == []


# --- Exports ---


async def read(answer: Any) -> list[str]:
    whole = b"".join([part async for part in answer.streaming_content])
    return [json.loads(line)["content"] for line in whole.splitlines()]


async def test_it_streams_lines(acme: Tenant, chief_key: str, memories: None) -> None:
    answer = await AsyncApi(chief_key).get("memory-exports/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    assert answer["Content-Disposition"] == 'attachment; filename="memories.jsonl"'
    assert await read(answer) == ["one", "two"]


async def test_it_streams_what_an_agent_may_read(async_api: AsyncApi, memories: None) -> None:
    assert await read(await async_api.get("memory-exports/", {"end_user": "anna"})) == ["one"]
    assert (await async_api.get("memory-exports/")).status_code == 403
    assert (await async_api.get("memory-exports/", {"namespace": "a b"})).status_code == 422
    assert (await async_api.get("memory-exports/", {"colour": "red"})).status_code == 422


async def test_it_streams_nothing_where_there_is_nothing(async_api: AsyncApi, memories: None) -> None:
    assert await read(await async_api.get("memory-exports/", {"end_user": "nobody"})) == []


@pytest.fixture
def memories(acme: Tenant, scout: Agent) -> None:
    remember(acme, "one", namespace="open", end_user="anna")
    remember(acme, "two", namespace="secret", end_user="anna")
    rule(acme, "secret/", Access.NONE, scout)


# --- Erasures ---


def test_it_erases_and_proves_it(chief: Api, acme: Tenant) -> None:
    remember(acme, "one", end_user="anna")
    remember(acme, "two")
    wanted = {"what": "end_user", "target": "anna"}
    assert chief.post("memory-erasures/", {**wanted, "dry_run": True}).json()["counts"]["memory_memory"] == 1
    answer = chief.post("memory-erasures/", wanted)
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    work_erasures()
    after = chief.get(answer["Location"]).json()
    assert (after["status"], after["proof"]["removed"]["memory_memory"]) == ("succeeded", 1)
    assert (after["proof"]["found_after"]["memory_memory"], after["proof"]["ids"]) == (0, 1)
    assert set(after["proof"]["audit"]) == {"id", "sequence", "seal"}
    assert "anna" not in str(after)
    assert [each["id"] for each in chief.get("memory-erasures/").json()["results"]] == [after["id"]]
    with within(acme.id):
        assert list(Memory.objects.values_list("content", flat=True)) == ["two"]


def test_it_does_not_erase_for_an_agent_without_the_right(api: Api, acme: Tenant) -> None:
    remember(acme, "one")
    for wanted in ({"what": "tenant"}, {"what": "tenant", "dry_run": True}):
        assert api.post("memory-erasures/", wanted).status_code == 403
    assert api.get("memory-erasures/").status_code == 403
    with within(acme.id):
        assert Memory.objects.count() == 1
        assert not MemoryErasure.objects.exists()


def test_it_does_not_erase_what_it_cannot_tell(chief: Api, acme: Tenant) -> None:
    remember(acme, "one")
    for wanted in ({}, {"what": "end_user"}, {"what": "tenant", "target": "x"}, {"what": "tenant", "colour": 1}):
        assert chief.post("memory-erasures/", wanted).status_code == 422
    with within(acme.id):
        assert Memory.objects.count() == 1
