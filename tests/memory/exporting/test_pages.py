import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.caller import Actor, Caller
from accounts.errors import Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.exporting import pages
from memory.exporting.pages import Wanted, export_pages
from memory.models import Access, Memory
from tests.memory.bulk_lines import as_lines, imported, numbered, numbers
from tests.memory.remembering import CURATOR, agent_caller, make_model, person_caller, remember, rule

LATE = "2099-01-01T00:00:00Z"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def text(tenant: Tenant, by: Actor = CURATOR, **wanted: Any) -> bytes:
    return b"".join(export_pages(tenant_id=tenant.id, by=by, wanted=Wanted(**wanted)))


def exported(tenant: Tenant, by: Actor = CURATOR, **wanted: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(tenant, by, **wanted).splitlines()]


def said(tenant: Tenant, by: Actor = CURATOR, **wanted: Any) -> list[str]:
    return [line["content"] for line in exported(tenant, by, **wanted)]


def test_it_writes_each_memory_as_it_is_shown(acme: Tenant) -> None:
    memory = remember(acme, "Zoë\u2028 says\nhi", namespace="people/zoe", tags=["x"], metadata={"a": 1})
    (line,) = exported(acme)
    assert line == {
        "id": str(memory.id),
        "namespace": "people/zoe/",
        "kind": "fact",
        "content": "Zoë\u2028 says\nhi",
        "metadata": {"a": 1},
        "tags": ["x"],
        "source": "",
        "trust": "trusted",
        "end_user": "",
        "valid_from": None,
        "valid_to": None,
        "expires_at": None,
        "version": 1,
        "embedding": "pending",
        "created_by": "system:curator",
        "created_at": line["created_at"],
        "updated_at": line["updated_at"],
    }
    assert text(acme).count(b"\n") == 1


def test_it_writes_one_namespace_or_one_end_user(acme: Tenant) -> None:
    for namespace, end_user in (("a", "anna"), ("a/b", "bob"), ("ab", "anna")):
        remember(acme, f"{namespace} {end_user}", namespace=namespace, end_user=end_user)
    assert said(acme) == ["a anna", "a/b bob", "ab anna"]
    assert said(acme, namespace="a") == ["a anna", "a/b bob"]
    assert said(acme, end_user="anna") == ["a anna", "ab anna"]
    assert said(acme, namespace="a", end_user="anna") == ["a anna"]
    assert said(acme, end_user="ann") == []


def test_it_leaves_out_what_is_deleted_or_expired(acme: Tenant) -> None:
    remember(acme, "there")
    gone, expired = remember(acme, "gone"), remember(acme, "expired")
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=gone.id)
        Memory.objects.filter(id=expired.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert said(acme) == ["there"]
    with_deleted = exported(acme, deleted=True)
    assert [line["content"] for line in with_deleted] == ["there", "gone", "expired"]
    assert with_deleted[1]["deleted_by"] == "system:curator"


def test_it_reads_page_by_page(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    for number in range(4):
        remember(acme, str(number))
    found = list(export_pages(tenant_id=acme.id, by=CURATOR, wanted=Wanted()))
    assert [page.count(b"\n") for page in found] == [2, 2]
    assert said(acme) == ["0", "1", "2", "3"]


def test_it_is_in_no_transaction_while_its_reader_takes_a_page(acme: Tenant) -> None:
    remember(acme, "one")
    reading = export_pages(tenant_id=acme.id, by=CURATOR, wanted=Wanted())
    next(reading)
    assert not connection.in_atomic_block


def test_it_costs_as_many_statements_for_a_page_as_for_one(acme: Tenant) -> None:
    make_model()

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(acme, vectors=True)
        return len(queries)

    remember(acme, "one")
    of_one = statements()
    for number in range(20):
        remember(acme, str(number))
    assert statements() == of_one


# --- Who ---


def test_it_shows_an_agent_what_it_may_read(acme: Tenant, scout: Agent) -> None:
    remember(acme, "open", namespace="open/x", end_user="anna")
    remember(acme, "secret", namespace="secret/x", end_user="anna")
    rule(acme, "secret/", Access.NONE)
    assert said(acme, agent_caller(scout), end_user="anna") == ["open"]
    assert said(acme, agent_caller(scout), namespace="secret") == []


def test_it_refuses_all_of_a_tenant_without_the_right_to_people(acme: Tenant, scout: Agent, alice: Person) -> None:
    remember(acme, "one")
    with pytest.raises(Forbidden):
        said(acme, agent_caller(scout))
    with within(acme.id):
        assert not AuditEntry.objects.filter(action="memory.exported").exists()
    assert said(acme, person_caller(alice)) == ["one"]


def test_it_stops_when_the_right_is_taken_away_in_between(
    acme: Tenant, scout: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 1)
    for number in range(3):
        remember(acme, str(number), namespace="a")
    reading = export_pages(tenant_id=acme.id, by=agent_caller(scout), wanted=Wanted(namespace="a"))
    first = next(reading)
    rule(acme, "a/", Access.NONE)
    assert (first.count(b"\n"), list(reading)) == (1, [])


def test_it_shows_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    remember(globex, "theirs", namespace="a", end_user="anna")
    assert said(acme) == said(acme, namespace="a") == said(acme, end_user="anna") == []


def test_it_refuses_what_is_no_namespace(acme: Tenant) -> None:
    with pytest.raises(Invalid):
        said(acme, namespace="a b")


def test_it_writes_down_who_took_what(acme: Tenant, alice: Person) -> None:
    remember(acme, "one", end_user="anna")
    by: Caller = person_caller(alice)
    said(acme, by, end_user="anna", vectors=True)
    with within(acme.id):
        told = AuditEntry.objects.get(action="memory.exported")
    assert (told.actor, told.detail["namespace"], told.detail["vectors"]) == (by.actor, "", True)
    assert told.detail["end_user_digest"] == "55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503"


# --- There and back ---


def test_it_can_be_imported_again_as_it_was(acme: Tenant, globex: Tenant) -> None:
    make_model("tiny", 3)
    lines = as_lines(
        {"content": "one", "namespace": "a/b", "tags": ["x"], "metadata": {"n": {"m": [1.5, None]}}, "trust": "agent"},
        {
            "content": 'two "\\\n\u2028',
            "vector": [0.1, -0.7, 0.33],
            "model": "tiny",
            "expires_at": "2099-01-01T00:00:00Z",
        },
    )
    imported(acme, lines, trust="trusted")
    first = text(acme, vectors=True)
    row = imported(globex, first)
    assert numbers(row) == (2, 0, 0, 0)
    second = text(globex, vectors=True)
    assert _comparable(second) == _comparable(first)
    assert numbers(imported(globex, first)) == (0, 2, 0, 0)


def test_it_holds_many(acme: Tenant, globex: Tenant) -> None:
    imported(acme, numbered(1_300))
    assert numbers(imported(globex, text(acme))) == (1_300, 0, 0, 0)


def _comparable(lines: bytes) -> list[dict[str, Any]]:
    changing = {"id", "created_at", "updated_at"}
    return sorted(
        (
            {name: value for name, value in json.loads(line).items() if name not in changing}
            for line in lines.splitlines()
        ),
        key=lambda line: str(line["content"]),
    )
