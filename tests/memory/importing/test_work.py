from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.bulk.turns import Turn
from memory.create import create_untold
from memory.errors import ModelsBusy
from memory.importing import chunk
from memory.importing.chunk import Chunk, write_chunk
from memory.importing.work import work_imports
from memory.models import Access, BulkStatus, EmbeddingStatus, Memory, MemoryEmbedding
from tests.memory.bulk_lines import as_lines, begin, contents, faults, imported, now, numbered, numbers
from tests.memory.remembering import agent_caller, make_model, remember, rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def test_it_makes_a_memory_of_each_line(acme: Tenant) -> None:
    line = {
        "content": "Anna likes tea",
        "namespace": "people/anna",
        "kind": "preference",
        "metadata": {"cups": 3},
        "tags": ["tea"],
        "source": "crm",
        "end_user": "anna",
        "valid_from": "2026-01-01T00:00:00Z",
    }
    row = imported(acme, as_lines(line, {"content": "Bob likes coffee"}))
    assert (row.status, row.error, numbers(row), row.line) == (BulkStatus.SUCCEEDED, "", (2, 0, 0, 0), 2)
    with within(acme.id):
        anna, bob = Memory.objects.order_by("id")
    assert (anna.content, anna.namespace, anna.kind) == ("Anna likes tea", "people/anna/", "preference")
    assert (anna.metadata, anna.tags, anna.source, anna.end_user) == ({"cups": 3}, ["tea"], "crm", "anna")
    assert (bob.namespace, bob.trust, bob.created_by) == ("default/", "untrusted", "system:curator")


def test_it_gives_lines_that_say_nothing_the_namespace_and_trust_of_the_import(acme: Tenant) -> None:
    imported(acme, numbered(1), namespace="crm", trust="trusted")
    with within(acme.id):
        assert list(Memory.objects.values_list("namespace", "trust")) == [("crm/", "trusted")]


def test_it_counts_what_is_there_already(acme: Tenant) -> None:
    remember(acme, "memory 1")
    row = imported(acme, numbered(3) + numbered(3))
    assert numbers(row) == (2, 4, 0, 0)
    assert contents(acme) == ["memory 0", "memory 1", "memory 2"]


def test_it_refuses_a_faulty_line_by_its_number_and_takes_the_others(acme: Tenant) -> None:
    row = imported(acme, as_lines({"content": "one"}, {"content": "two", "colour": "red"}, {"content": "three"}))
    assert (row.status, numbers(row)) == (BulkStatus.SUCCEEDED, (2, 0, 1, 0))
    assert contents(acme) == ["one", "three"]
    ((line, path, message),) = faults(acme, row)
    assert (line, path) == (2, "$.colour")
    assert message.startswith("There is no such field.")


ODD = [
    (b"{", "$", "This line is not JSON"),
    (b"[1]", "$", "This line is no JSON object"),
    (b'"text"', "$", "This line is no JSON object"),
    (b'{"content": NaN}', "$", "NaN is no JSON number"),
    (b'{"content": "\xff"}', "$", "This line is not UTF-8"),
    (b'{"content": "a\x00b"}', "$", "This line is not JSON"),
    (rb'{"content": "a\u0000b"}', "$", "holds a NUL character"),
    (rb'{"content": "\ud800"}', "$", "half a surrogate pair"),
    (b'{"content": "' + b"x" * 1_000_000 + b'"}', "$", "This line is longer than 500,000 bytes"),
    (b'{"content": "' + b"x" * 40_000 + b'"}', "$.content", "at most 32,000 bytes"),
    (b'{"content": " "}', "$.content", "not empty"),
    (b"{}", "$.content", "This is needed."),
    (b'{"content": "old", "expires_at": "2020-01-01T00:00:00Z"}', "$.expires_at", "still to come"),
    (b'{"content": "gone", "deleted_at": "2026-01-01T00:00:00Z"}', "$.deleted_at", "had been deleted"),
    (b'{"content": "c", "metadata": {"n": 1e400}}', "$", "a number that is too large"),
    (b'{"content": "c", "vector": [1, 2, 3]}', "$.model", "Name the model"),
]


@pytest.mark.parametrize(("odd", "path", "said"), ODD, ids=[said for _, _, said in ODD])
def test_it_names_what_is_wrong_with_a_line(acme: Tenant, odd: bytes, path: str, said: str) -> None:
    row = imported(acme, as_lines({"content": "before"}, odd, {"content": "after"}))
    assert (row.status, numbers(row)) == (BulkStatus.SUCCEEDED, (2, 0, 1, 0))
    ((line, where, message),) = faults(acme, row)
    assert (line, where) == (2, path)
    assert said in message
    assert contents(acme) == ["after", "before"]


def test_it_takes_line_ends_and_a_beginning_as_windows_writes_them(acme: Tenant) -> None:
    row = imported(acme, b'\xef\xbb\xbf{"content": "one"}\r\n\r\n{"content": "two"}\r\n   \n{"content": "three"}')
    assert (numbers(row), row.line, row.total_lines) == ((3, 0, 0, 2), 5, 5)
    assert contents(acme) == ["one", "three", "two"]


def test_it_leaves_alone_what_an_export_says_besides(acme: Tenant) -> None:
    other = remember(acme, "other")
    told = {"id": str(other.id), "version": 7, "embedding": "ready", "created_by": "x", "created_at": "y"}
    row = imported(acme, as_lines({"content": "one", "updated_at": "z", "redacted": True, "deleted_at": None, **told}))
    assert numbers(row) == (1, 0, 0, 0)
    with within(acme.id):
        one = Memory.objects.get(content="one")
    assert (one.id == other.id, one.version, one.created_by) == (False, 1, "system:curator")


def test_it_masks_secrets_as_everywhere(acme: Tenant) -> None:
    imported(acme, as_lines({"content": "The key is AKIAIOSFODNN7EXAMPLE, keep it"}))
    assert "AKIAIOSFODNN7EXAMPLE" not in contents(acme)[0]


# --- Vectors ---


def test_it_has_vectors_made_of_lines_without(acme: Tenant) -> None:
    make_model()
    imported(acme, numbered(2))
    with within(acme.id):
        assert list(MemoryEmbedding.objects.values_list("status", flat=True)) == [EmbeddingStatus.PENDING] * 2


def test_it_keeps_vectors_of_the_model_that_searches_use(acme: Tenant) -> None:
    make_model("tiny", 3)
    row = imported(acme, as_lines({"content": "one", "vector": [3, 0, 4], "model": "tiny"}))
    assert numbers(row) == (1, 0, 0, 0)
    with within(acme.id):
        found = MemoryEmbedding.objects.get()
    assert found.status == EmbeddingStatus.READY
    assert list(found.vector) == pytest.approx([0.6, 0, 0.8], abs=0.001)


def test_it_refuses_vectors_of_another_model_and_of_another_length(acme: Tenant) -> None:
    make_model("tiny", 3)
    others = {"content": "one", "vector": [3, 0, 4], "model": "large"}
    row = imported(acme, as_lines(others, {"content": "two", "vector": [1, 2], "model": "tiny"}))
    assert numbers(row) == (0, 0, 2, 0)
    assert [(line, path) for line, path, _ in faults(acme, row)] == [(1, "$.model"), (2, "$.vector")]
    assert contents(acme) == []


def test_it_waits_while_somebody_changes_the_models(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise ModelsBusy

    row = begin(acme, numbered(1))
    with monkeypatch.context() as patch:
        patch.setattr("memory.importing.chunk.create_untold", busy)
        assert work_imports() is False
    assert (now(acme, row).status, now(acme, row).line) == (BulkStatus.RUNNING, 0)
    work_imports()
    assert now(acme, row).status == BulkStatus.SUCCEEDED


# --- Who ---


def test_it_writes_only_where_whoever_began_it_may(acme: Tenant, scout: Agent) -> None:
    rule(acme, "secret/", Access.READ)
    lines = as_lines({"content": "one", "namespace": "secret"}, {"content": "two"})
    row = imported(acme, lines, by=agent_caller(scout))
    assert numbers(row) == (1, 0, 1, 0)
    assert contents(acme) == ["two"]
    assert "You may not write memories in `secret/`" in faults(acme, row)[0][2]


def test_it_does_not_let_an_agent_say_that_something_is_trusted(acme: Tenant, scout: Agent) -> None:
    row = imported(acme, as_lines({"content": "one", "trust": "trusted"}), by=agent_caller(scout))
    assert [(line, path) for line, path, _ in faults(acme, row)] == [(1, "$.trust")]
    assert contents(acme) == []


def test_it_stops_when_the_agent_may_not_call_any_more(acme: Tenant, scout: Agent) -> None:
    row = begin(acme, numbered(3), by=agent_caller(scout))
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(enabled=False)
    work_imports()
    after = now(acme, row)
    assert (after.status, after.line) == (BulkStatus.FAILED, 0)
    assert "is disabled" in after.error
    assert contents(acme) == []


def test_it_stops_when_the_agents_role_may_only_read(acme: Tenant, scout: Agent) -> None:
    row = begin(acme, numbered(3), by=agent_caller(scout))
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(role=Role.VIEWER)
    work_imports()
    assert (now(acme, row).status, now(acme, row).line) == (BulkStatus.FAILED, 0)
    assert contents(acme) == []


def test_it_does_not_take_another_tenants_ids_for_its_own(acme: Tenant, globex: Tenant) -> None:
    theirs = remember(globex, "theirs")
    row = imported(acme, as_lines({"content": "mine", "id": str(theirs.id)}))
    assert numbers(row) == (1, 0, 0, 0)
    assert contents(globex) == ["theirs"]
    assert contents(acme) == ["mine"]


def test_it_fails_when_the_tenant_may_keep_no_more(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_QUOTA = 2
    row = imported(acme, numbered(3))
    assert (row.status, row.line, row.created) == (BulkStatus.FAILED, 0, 0)
    assert "as many memories as it may" in row.error
    assert contents(acme) == []


# --- Turns ---


def test_it_goes_on_in_the_next_turn_where_the_last_one_ended(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "MOST_LINES", 2)
    row = begin(acme, numbered(5))
    assert work_imports(seconds=0) is True
    assert now(acme, row).line == 0
    turns = 0
    while work_imports(seconds=0.000_001):
        turns += 1
        if turns == 3:
            break
    while work_imports():
        pass
    after = now(acme, row)
    assert (after.status, numbers(after)) == (BulkStatus.SUCCEEDED, (5, 0, 0, 0))


def test_it_cuts_chunks_by_their_bytes_too(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "MOST_BYTES", 30)
    written = []

    def noted(turn: Turn, part: Chunk) -> bool:
        written.append(part.line)
        return write_chunk(turn, part)

    monkeypatch.setattr("memory.importing.work.write_chunk", noted)
    imported(acme, numbered(5))
    assert written == [2, 4, 5]


def test_it_takes_the_import_that_had_its_turn_longest_ago(acme: Tenant, globex: Tenant) -> None:
    first, second = begin(acme, numbered(1)), begin(globex, numbered(1))
    work_imports()
    assert (now(acme, first).status, now(globex, second).status) == (BulkStatus.SUCCEEDED, BulkStatus.WAITING)
    work_imports()
    assert now(globex, second).status == BulkStatus.SUCCEEDED
    assert work_imports() is False


def test_it_names_a_line_that_only_postgresql_finds_fault_with(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known to get as far as that: the checks before are stood in for."""

    def picky(*, tenant_id: Any, by: Any, items: Any) -> Any:
        if any(item["content"] == "memory 3" for item in items):
            raise DataError("unstorable")
        return create_untold(tenant_id=tenant_id, by=by, items=items)

    monkeypatch.setattr("memory.importing.chunk.create_untold", picky)
    row = imported(acme, numbered(5))
    assert (row.status, numbers(row)) == (BulkStatus.SUCCEEDED, (4, 0, 1, 0))
    assert faults(acme, row) == [(4, "$", "This cannot be stored. Look for unusual characters and numbers.")]


def test_it_keeps_the_first_thousand_refused_lines_and_counts_the_rest(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk, "MOST_IMPORT_FAULTS", 3)
    monkeypatch.setattr(chunk, "MOST_LINES", 2)
    row = imported(acme, as_lines(*([{}] * 5)))
    assert row.refused == 5
    assert [line for line, _, _ in faults(acme, row)] == [1, 2, 3]


def test_it_costs_as_many_statements_for_many_lines_as_for_one(acme: Tenant) -> None:
    make_model()

    def statements(lines: bytes) -> int:
        begin(acme, lines)
        with CaptureQueriesContext(connection) as queries:
            work_imports()
        return len(queries)

    imported(acme, numbered(1))  # the vault's key is in memory from now on
    assert statements(numbered(1, kind="a", namespace="some")) == statements(numbered(900, kind="b", namespace="other"))


def test_it_tells_the_audit_trail_of_the_whole(acme: Tenant) -> None:
    row = imported(acme, numbered(3) + as_lines({}))
    with within(acme.id):
        began, ended = AuditEntry.objects.filter(subject=f"memory_import:{row.id}").order_by("id")
        assert not AuditEntry.objects.filter(action="memory.created").exists()
    assert (began.action, began.detail["lines"], began.detail["bytes"]) == ("memory_import.began", 4, row.size)
    assert ended.action == "memory_import.succeeded"
    assert ended.detail == {"lines": 4, "created": 3, "duplicates": 0, "refused": 1, "sha256": row.sha256}
    assert "memory 1" not in str(ended.detail)


# --- What goes wrong ---


def test_it_fails_when_its_lines_are_gone(acme: Tenant, folder: Any) -> None:
    row = begin(acme, numbered(3))
    folder.delete(row.storage_name)
    work_imports()
    assert (now(acme, row).status, now(acme, row).error[:22]) == (BulkStatus.FAILED, "Its lines are gone fro")


def test_it_fails_when_its_lines_were_tampered_with(acme: Tenant, folder: Any) -> None:
    row = begin(acme, numbered(3))
    path = folder.path(row.storage_name)
    with Path(path).open("r+b") as file:
        file.seek(40)
        file.write(b"!")
    work_imports()
    assert now(acme, row).status == BulkStatus.FAILED
    assert contents(acme) == []


def test_it_waits_while_the_storage_is_away(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    row = begin(acme, numbered(3))
    with monkeypatch.context() as patch:
        patch.setattr("registry.artifacts.storage.LocalArtifacts.read_range", _away)
        assert work_imports() is False
    assert (now(acme, row).status, now(acme, row).lost) == (BulkStatus.RUNNING, 0)
    work_imports()
    assert now(acme, row).status == BulkStatus.SUCCEEDED


def _away(*_: Any) -> bytes:
    raise OSError("away")
