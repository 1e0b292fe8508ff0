"""`executions/{id}/artifact/`: reading on, and the file."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.artifacts.storage import LocalArtifacts, artifact_storage
from registry.models import Artifact
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

LINES = [f"line {number}" for number in range(1, 10_001)]
TEXT = "\n".join(LINES)
CONTACTS = {"items": [{"id": number, "name": f"Contact {number}"} for number in range(3000)]}


@pytest.fixture(autouse=True)
def _in_a_folder(folder: LocalArtifacts) -> None:
    """No test of these writes anywhere else."""


def run(corridor: Corridor, upstream: Upstream, body: bytes, content_type: str = "text/plain") -> str:
    upstream.will(Scripted(body=body, headers={"Content-Type": content_type}))
    execution = corridor.post("tools/crm-find/execute/", {"input": {"account": 7}}).json()
    assert execution["artifact"]["url"] == f"/api/v1/executions/{execution['id']}/artifact/"
    return f"executions/{execution['id']}/artifact/"


@pytest.fixture
def text(corridor: Corridor, register: Register, upstream: Upstream) -> str:
    register()
    return run(corridor, upstream, TEXT.encode())


def code_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def fetch(corridor: Corridor, path: str, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    """The file, as a client gets it that reads to the end."""

    async def both() -> tuple[Any, bytes]:
        answer: Any = await corridor.api.client.generic(
            method,
            f"/api/v1/{path}content/",
            headers={"Authorization": f"Bearer {corridor.key}", **headers},
        )
        if not answer.streaming or method == "HEAD":  # Django's client takes the body away from a HEAD
            return answer, b"" if answer.streaming else answer.content
        return answer, b"".join([piece async for piece in answer])

    return corridor.loop.run(both())


def test_it_begins_at_the_beginning(corridor: Corridor, text: str) -> None:
    part = corridor.get(text).json()
    assert part["content"] == TEXT[:16_000]
    assert (part["offset"], part["next_offset"], part["encoding"]) == (0, 16_000, "utf-8")
    assert (part["artifact"]["size"], part["artifact"]["lines"]) == (len(TEXT), 10_000)


def test_it_reads_on(corridor: Corridor, text: str) -> None:
    content, offset = "", 0
    for _ in range(10):
        part = corridor.get(text, {"offset": offset, "limit": 40_000}).json()
        content, offset = content + part["content"], part["next_offset"]
        if offset is None:
            break
    assert content == TEXT


def test_it_gives_lines(corridor: Corridor, text: str) -> None:
    part = corridor.get(text, {"lines": "10-12"}).json()
    assert (part["content"], part["lines"], part["next_line"]) == ("line 10\nline 11\nline 12\n", [10, 12], 13)
    assert corridor.get(text, {"lines": "10000"}).json()["content"] == "line 10000"
    assert corridor.get(text, {"lines": "9999-"}).json()["next_line"] is None


def test_it_finds_lines(corridor: Corridor, text: str) -> None:
    found = corridor.get(text, {"grep": "^line 77$", "context": 1}).json()
    (match,) = found["matches"]
    assert (match["line"]["number"], match["line"]["text"]) == (77, "line 77")
    assert [line["text"] for line in (*match["before"], *match["after"])] == ["line 76", "line 78"]
    assert found["next_offset"] is None


def test_it_gives_what_a_path_leads_to(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    contacts = run(corridor, upstream, json.dumps(CONTACTS).encode(), "application/json")
    assert corridor.get(contacts, {"path": "$.items[2999].name"}).json()["value"] == "Contact 2999"
    part = corridor.get(contacts, {"path": "$.items", "max_tokens": 100}).json()
    assert part["cuts"][0]["of"] == 3000


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ({"offset": -1}, ["offset"]),
        ({"limit": 15}, ["limit"]),
        ({"limit": 200_001}, ["limit"]),
        ({"lines": "0-3"}, ["lines"]),
        ({"lines": "3-2"}, ["lines"]),
        ({"lines": "many"}, ["lines"]),
        ({"path": "$.a"}, ["path"]),
        ({"grep": "("}, ["grep"]),
        ({"grep": "a", "context": 11}, ["context"]),
        ({"grep": "a", "lines": "1-2"}, ["grep"]),
        ({"path": "$", "grep": "a"}, ["grep"]),
        ({"lines": "1-2", "offset": 5}, ["offset"]),
        ({"path": "$", "limit": 100}, ["limit"]),
        ({"context": 2}, ["context"]),
        ({"max_tokens": 100}, ["max_tokens"]),
        ({"page": 2}, ["page"]),
    ],
)
def test_it_says_what_cannot_be_asked_for(
    query: dict[str, Any], paths: list[str], corridor: Corridor, text: str
) -> None:
    answer = corridor.get(text, query)
    assert code_of(answer) == (422, "invalid_input")
    assert [fault["path"] for fault in answer.json()["errors"]] == paths


def test_it_shows_nothing_to_another_tenant(corridor: Corridor, spy_corridor: Corridor, text: str) -> None:
    for path in (text, f"{text}content/"):
        assert code_of(spy_corridor.get(path)) == (404, "not_found")
        assert code_of(corridor.as_("qm_nobody").get(path)) == (401, "unauthenticated")


def test_it_lets_a_viewer_read(acme: Tenant, corridor: Corridor, text: str) -> None:
    viewer = corridor.as_(make_key(make_agent(acme, "watcher", Role.VIEWER)))
    assert viewer.get(text, {"lines": "1"}).json()["content"] == "line 1\n"


def test_it_tells_what_is_masked_elsewhere_to_whose_it_is(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    secret = run(corridor, upstream, json.dumps({"password": "hunter2", **CONTACTS}).encode(), "application/json")
    assert '"password": "hunter2"' in corridor.get(secret).json()["content"]
    colleague = corridor.as_(make_key(make_agent(acme, "colleague", Role.OPERATOR)))
    for path in (secret, f"{secret}content/"):
        assert code_of(colleague.get(path)) == (403, "forbidden")
    manager = corridor.as_(make_key(make_agent(acme, "manager", Role.ADMIN)))
    assert manager.get(secret).status_code == 200


def test_it_says_why_there_is_nothing(
    acme: Tenant, scout: Agent, corridor: Corridor, text: str, upstream: Upstream
) -> None:
    assert code_of(corridor.get(f"executions/{uuid4()}/artifact/")) == (404, "not_found")
    upstream.will(Scripted())
    small = corridor.post("tools/crm-find/execute/", {"input": {"account": 7}}).json()
    assert "all of its output stands on it" in corridor.get(f"executions/{small['id']}/artifact/").json()["detail"]
    with within(acme.id):
        artifact = Artifact.objects.get()
        artifact.expires_at = artifact.created_at - timedelta(seconds=1)
        artifact.save()
    answer = corridor.get(text)
    assert code_of(answer) == (404, "not_found")
    assert answer.json()["detail"].startswith("The artifact was kept until 20")


def test_it_says_when_the_content_is_gone(acme: Tenant, corridor: Corridor, text: str) -> None:
    with within(acme.id):
        artifact_storage().delete(Artifact.objects.get().storage_name)
    assert "gone from its storage" in corridor.get(text).json()["detail"]
    answer, _ = fetch(corridor, text)
    assert code_of(answer) == (404, "not_found")


def test_it_gives_the_file_and_lets_no_browser_run_it(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    page = b"<script>fetch('/admin/')</script>" + b"x" * 70_000
    path = run(corridor, upstream, page, "text/html; charset=utf-8")
    answer, content = fetch(corridor, path)
    assert (answer.status_code, content) == (200, page)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{path.split("/")[1]}.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Content-Length"] == str(len(page))


def test_it_gives_bytes_as_they_came(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    picture = b"\x89PNG" + bytes(range(256)) * 1000
    path = run(corridor, upstream, picture, "image/png")
    answer, content = fetch(corridor, path)
    assert (answer["Content-Type"], content) == ("image/png", picture)
    part = corridor.get(path, {"limit": 16}).json()
    assert part["encoding"] == "base64"


def test_it_gives_one_range(corridor: Corridor, text: str) -> None:
    size = len(TEXT)
    for asked, start, stop in (
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, size),
        ("bytes=-5", size - 5, size),
        (f"bytes=10-{size + 99}", 10, size),
    ):
        answer, content = fetch(corridor, text, Range=asked)
        assert (answer.status_code, content.decode()) == (206, TEXT[start:stop])
        assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert answer["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=9-5", "bytes=-", "bytes=a-b"])
def test_it_gives_all_for_what_is_no_range(asked: str, corridor: Corridor, text: str) -> None:
    answer, content = fetch(corridor, text, Range=asked)
    assert (answer.status_code, content.decode()) == (200, TEXT)


@pytest.mark.parametrize("asked", ["bytes=9999999-", "bytes=-0"])
def test_it_refuses_a_range_beyond(asked: str, corridor: Corridor, text: str) -> None:
    answer, _ = fetch(corridor, text, Range=asked)
    assert code_of(answer) == (416, "range_not_satisfiable")


def test_it_gives_a_range_only_of_what_the_client_has(corridor: Corridor, text: str) -> None:
    answer, _ = fetch(corridor, text, method="HEAD")
    same = {"Range": "bytes=0-9", "If-Range": answer["ETag"]}
    assert fetch(corridor, text, **same)[0].status_code == 206
    assert fetch(corridor, text, **{**same, "If-Range": '"another"'})[0].status_code == 200


def test_it_tells_the_heads_alone(corridor: Corridor, text: str) -> None:
    answer, content = fetch(corridor, text, method="HEAD")
    assert (answer.status_code, content) == (200, b"")
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == (str(len(TEXT)), "bytes")
