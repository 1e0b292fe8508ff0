"""Whatever comes in, a problem document with the right status goes out, and nothing is written."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import pytest
from django.db import connection

from accounts.models import Agent, ApiKey, Person
from accounts.tenancy import platform, within
from config.application import application
from tests.accounts.api.problems import refusal, refused_fields
from tests.accounts.test_rls import FILLED
from tests.doors import Api

pytestmark = pytest.mark.django_db

ALLOWED = {
    "agents/": "GET, POST",
    "agents/scout/": "GET, PATCH",
    "agents/scout/keys/": "GET, POST",
    "keys/": "GET, POST",
    "keys/{key}/": "GET, PATCH",
    "keys/{key}/rotate/": "POST",
    "keys/{key}/revoke/": "POST",
    "people/": "GET, POST",
    "people/{bob}/": "GET, PATCH",
    "tenant/": "GET, PATCH",
    "audit/": "GET",
}
LISTS = ["agents/", "agents/scout/keys/", "keys/", "people/", "audit/", "audit/?after=0"]
Writers: TypeAlias = list[tuple[str, str]]


def everything() -> list[Any]:
    """All rows of this floor, as text."""
    with platform(), connection.cursor() as cursor:
        rows = []
        for table in FILLED:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            rows.append(cursor.fetchall())
    return rows


@pytest.fixture
def door(chief_api: Api, scout_key: str, bob: Person) -> Api:
    """With all rights, and used before: the key's last use is not noted again within a minute."""
    chief_api.get("agents/")
    return chief_api


@pytest.fixture
def ids(scout_key: str, scout: Agent, bob: Person) -> dict[str, str]:
    with within(scout.tenant_id):
        return {"key": str(ApiKey.objects.get(agent=scout).id), "bob": str(bob.id)}


@pytest.fixture
def writers(ids: dict[str, str]) -> Writers:
    """Method and path of everything that takes a body."""
    return [
        (method, path.format(**ids))
        for path, methods in ALLOWED.items()
        for method in methods.split(", ")
        if method != "GET"
    ]


@pytest.fixture
def readers(ids: dict[str, str]) -> list[str]:
    return [path.format(**ids) for path, methods in ALLOWED.items() if "GET" in methods]


def send(door: Api, method: str, path: str, body: bytes, **headers: str) -> Any:
    return {"POST": door.post, "PATCH": door.patch}[method](path, body, **headers)


MALFORMED = {
    "cut short": b'{"slug": ',
    "no JSON": b"slug=carrier",
    "no UTF-8": b'{"slug": "\xff\xfe"}',
    "a raw NUL": b'{"slug": "a\x00b"}',
    "an escaped NUL": b'{"slug": "a\\u0000b"}',
    "a NUL in a name": b'{"sl\\u0000ug": "carrier"}',
    "half a surrogate pair": b'{"slug": "\\ud83d"}',
    "the other half": b'{"slug": "\\ude00"}',
    "NaN": b'{"overlap_seconds": NaN}',
    "Infinity": b'{"overlap_seconds": -Infinity}',
    "1e999": b'{"overlap_seconds": 1e999}',
    "5,000 digits": b'{"overlap_seconds": ' + b"9" * 5000 + b"}",
    "100,000 arrays": b'{"slug": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects": b'{"slug":' * 100_000,
    "101 arrays": b'{"slug": ' + b"[" * 101 + b"]" * 101 + b"}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_it_refuses_what_it_cannot_read(door: Api, writers: Writers, body: bytes) -> None:
    before = everything()
    for method, path in writers:
        assert refusal(send(door, method, path, body)) == (400, "malformed_request", {}), path
    assert everything() == before


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"true", b"null", b'[{"slug": "carrier"}]'])
def test_it_refuses_what_is_no_object(door: Api, writers: Writers, body: bytes) -> None:
    before = everything()
    for method, path in writers:
        assert refused_fields(send(door, method, path, body)) == ["$"], path
    assert everything() == before


def test_it_refuses_unknown_fields_by_name(door: Api, writers: Writers) -> None:
    before = everything()
    for method, path in writers:
        answer = send(door, method, path, b'{"colour": "red", "": 1, "a.b": [], "\\u00fc": {}}')
        assert refused_fields(answer) == ["$.", "$.a.b", "$.colour", "$.ü"], path
    assert everything() == before


def test_it_refuses_a_body_of_ten_megabytes(door: Api, writers: Writers) -> None:
    before, body = everything(), b'{"name": "' + b"x" * 10_000_000 + b'"}'
    for method, path in writers:
        assert refusal(send(door, method, path, body)) == (413, "too_large", {}), path
    assert everything() == before


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "json", "/"]
)
def test_it_takes_json_only(door: Api, writers: Writers, content_type: str) -> None:
    before = everything()
    for method, path in writers:
        answer = send(door, method, path, b'{"name": "x"}', content_type=content_type)
        assert refusal(answer) == (415, "unsupported_media_type", {}), path
    assert everything() == before


def test_it_refuses_query_parameters_where_none_are_taken(door: Api, writers: Writers) -> None:
    before = everything()
    for method, path in writers:
        answer = send(door, method, path + "?dry_run=true&format=xml", b'{"name": "x"}')
        assert refused_fields(answer) == ["dry_run", "format"], path
    assert everything() == before


def test_it_refuses_unknown_query_parameters_by_name(door: Api, readers: list[str]) -> None:
    for path in readers:
        assert refused_fields(door.get(path + "?colour=red&%00=1")) == ["\x00", "colour"], path


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "=", "%00", "%ED%A0%80", "ü"),
        pytest.param("cD1nYXJiYWdl", id="p=garbage"),
        pytest.param("bz0tMQ==", id="o=-1"),
        pytest.param("bz0x", id="o=1"),
        pytest.param("cj14", id="r=x"),
        pytest.param("cD0lMDA=", id="p=%00"),
        pytest.param("cD0=", id="p="),
        pytest.param("cD0nJw==", id="p=''"),
        pytest.param("cD0" + "5" * 900, id="p=long"),
    ],
)
def test_it_refuses_what_is_no_cursor(door: Api, cursor: str) -> None:
    for path in LISTS:
        answer = door.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
        assert refused_fields(answer) == ["cursor"], path


def test_it_refuses_more_parameters_than_it_cares_to_read(door: Api) -> None:
    assert refusal(door.get("agents/?" + "&".join(f"a{n}=1" for n in range(1001)))) == (400, "malformed_request", {})


def test_it_answers_in_json_or_says_so(door: Api, readers: list[str]) -> None:
    for path in readers:
        assert refusal(door.get(path, accept="text/html")) == (406, "not_acceptable", {}), path
        assert door.get(path, accept="text/html, */*;q=0.1").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_it_takes_no_other_method(door: Api, ids: dict[str, str], method: str) -> None:
    before, headers = everything(), {"Authorization": f"Bearer {door.key}"}
    for path, allowed in ALLOWED.items():
        address = f"/api/v1/{path.format(**ids)}"
        answer = door.client.generic(method, address, b"{}", "application/json", headers=headers)
        assert refusal(answer) == (405, "method_not_allowed", {}), path
        assert answer["Allow"] == allowed
    assert everything() == before


def test_it_answers_head_like_get(door: Api) -> None:
    answer = door.client.head("/api/v1/agents/", headers={"Authorization": f"Bearer {door.key}"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.django_db(transaction=True)
async def test_it_reads_a_body_whose_length_was_not_told(door: Api) -> None:
    """As `Transfer-Encoding: chunked` brings it."""
    headers = [
        (b"authorization", f"Bearer {door.key}".encode()),
        (b"content-type", b"application/json"),
        (b"transfer-encoding", b"chunked"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/agents/", "query_string": b"", "headers": headers}
    parts = [
        {"type": "http.request", "body": b'{"slug": ', "more_body": True},
        {"type": "http.request", "body": b'"carrier"}', "more_body": False},
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return parts.pop(0) if parts else await asyncio.get_running_loop().create_future()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    assert sent[0]["status"] == 201


# --- The key ---

UNKNOWN_KEY = "qm_" + "a" * 43


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer qm_",
        "Basic {key}",
        "{key}",
        f"Bearer {UNKNOWN_KEY}",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer {key},Bearer {key}",
        "Bearer {key}\x00",
        "Bearer {key}\xe9",
        "Bearer qm_" + "\xe9" * 43,
        "Bearer qm_" + "'" * 43,
        "Bearer qm_" + "a" * 100_000,
        "Bearer QM_" + "a" * 43,
    ],
)
def test_it_opens_to_no_other_key(door: Api, scout: Agent, authorization: str) -> None:
    before = everything()
    headers = {"Authorization": authorization.format(key=door.key)}
    answer = door.client.post(
        "/api/v1/agents/", b'{"slug": "carrier"}', content_type="application/json", headers=headers
    )
    assert refusal(answer) == (401, "unauthenticated", {})
    assert answer["WWW-Authenticate"] == 'Bearer realm="quartermaster"'
    assert everything() == before


@pytest.mark.parametrize("authorization", ["Bearer {key}", "bearer {key}", "BEARER   {key}", " Bearer {key} "])
def test_it_opens_to_its_own(door: Api, authorization: str) -> None:
    headers = {"Authorization": authorization.format(key=door.key)}
    assert door.client.get("/api/v1/agents/", headers=headers).status_code == 200


def test_it_says_what_to_do_without_a_key(door: Api) -> None:
    answer = door.as_(None).get("agents/")
    assert answer.json() == {
        "type": "/docs/errors#unauthenticated",
        "title": "Unauthenticated",
        "status": 401,
        "detail": "No valid API key was sent. Send `Authorization: Bearer qm_…`; an admin can issue a key.",
        "code": "unauthenticated",
    }


def test_it_says_what_each_fault_is(door: Api) -> None:
    answer = door.post("agents/", {"slug": "No Slug", "role": "emperor"})
    assert answer.json() == {
        "type": "/docs/errors#invalid_input",
        "title": "Invalid input",
        "status": 422,
        "detail": "The request was read, but it is not what this needs. See `errors` for each fault.",
        "code": "invalid_input",
        "errors": [
            {"path": "$.role", "message": '"emperor" is not a valid choice.'},
            {
                "path": "$.slug",
                "message": "Use 1 to 64 lower-case letters, digits and dashes; start and end with a letter or digit.",
            },
        ],
    }


@pytest.mark.parametrize(
    "path", ["nothing/", "agents", "agents/scout", "agents/scout/nothing/", "keys/7/", "%00/", "./"]
)
def test_it_knows_no_other_address(door: Api, path: str) -> None:
    assert refusal(door.get(path)) == (404, "not_found", {})
    assert refusal(door.post(path, {})) == (404, "not_found", {})
