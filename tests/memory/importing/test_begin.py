from typing import Any
from uuid import uuid4

import pytest

from accounts.errors import Conflict, Forbidden, Invalid, Unavailable
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.erasing.begin import begin_erasure
from memory.errors import ImportNotFound, ImportTooLarge
from memory.importing import begin as beginning
from memory.importing.cancel import cancel_import
from memory.importing.chunk import write_chunk
from memory.importing.files import all_files
from memory.importing.find import faults_of, find_import, list_imports, pace_of
from memory.importing.work import work_imports
from memory.models import BulkStatus, MemoryImport
from tests.memory.bulk_lines import as_lines, begin, contents, imported, now, numbered
from tests.memory.remembering import CURATOR, agent_caller, person_caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def nothing_happened(tenant: Tenant) -> bool:
    with within(tenant.id):
        return not MemoryImport.objects.exists() and list(all_files()) == []


def test_it_keeps_the_lines_sealed(acme: Tenant, folder: Any) -> None:
    row = begin(acme, as_lines({"content": "a secret of Anna's"}))
    assert (row.status, row.total_lines, row.line) == (BulkStatus.WAITING, 1, 0)
    assert row.storage_name == f"{acme.id}/imports/{row.id}"
    with folder.open(row.storage_name) as file:
        assert b"Anna" not in file.read()


def test_it_counts_lines_also_when_the_last_one_has_no_end(acme: Tenant) -> None:
    assert begin(acme, [b"{}\n{", b"}"]).total_lines == 2


def test_it_refuses_who_may_only_read(acme: Tenant, scout: Agent) -> None:
    with pytest.raises(Forbidden):
        begin(acme, numbered(1), by=agent_caller(scout, Role.VIEWER))
    assert nothing_happened(acme)


@pytest.mark.parametrize(("how", "path"), [({"namespace": "a b"}, "$.namespace"), ({"trust": "much"}, "$.trust")])
def test_it_refuses_what_lines_cannot_be_given(acme: Tenant, how: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        begin(acme, numbered(1), **how)
    assert [fault.path for fault in refused.value.faults] == [path]
    assert nothing_happened(acme)


def test_it_refuses_an_agent_that_would_trust_what_it_imports(acme: Tenant, scout: Agent) -> None:
    with pytest.raises(Invalid):
        begin(acme, numbered(1), by=agent_caller(scout), trust="trusted")
    assert nothing_happened(acme)


def test_it_refuses_nothing_at_all(acme: Tenant) -> None:
    with pytest.raises(Invalid, match="nothing to import"):
        begin(acme, b"")
    assert nothing_happened(acme)


def test_it_refuses_more_bytes_than_one_import_may_hold(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_IMPORT_BYTES = 100
    with pytest.raises(ImportTooLarge, match="more than 100 bytes"):
        begin(acme, numbered(10))
    assert nothing_happened(acme)


def test_it_says_when_the_storage_is_away(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr("registry.artifacts.storage.LocalArtifacts.save", away)
    with pytest.raises(Unavailable):
        begin(acme, numbered(1))
    assert nothing_happened(acme)


def test_it_refuses_another_one_while_there_are_too_many(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "MOST_UNENDED_IMPORTS", 1)
    begin(acme, numbered(1))
    with pytest.raises(Conflict, match="There are 1 imports"):
        begin(acme, numbered(1))
    with within(acme.id):
        assert MemoryImport.objects.count() == len(list(all_files())) == 1


def test_it_refuses_to_begin_while_memories_are_being_erased(acme: Tenant) -> None:
    with within(acme.id):
        begin_erasure(tenant_id=acme.id, by=CURATOR, what="tenant")
    with pytest.raises(Conflict, match="being erased"):
        begin(acme, numbered(1))
    assert nothing_happened(acme)


def test_it_removes_its_file_when_the_sender_goes_away(acme: Tenant) -> None:
    def broken_off() -> Any:
        yield b"{}\n"
        raise ConnectionError

    with pytest.raises(Unavailable):
        begin(acme, broken_off())
    assert nothing_happened(acme)


def test_it_keeps_the_files_of_the_newest_ended_imports_alone(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "MOST_KEPT_IMPORTS", 1)
    first, second = imported(acme, numbered(1)), imported(acme, numbered(1))
    third = begin(acme, numbered(1))
    assert [bool(now(acme, row).storage_name) for row in (first, second, third)] == [False, True, True]
    assert {import_id for import_id, _ in all_files()} == {second.id, third.id}


# --- Looking at it ---


def test_it_is_seen_by_who_began_it_and_by_who_has_the_right_to_people(
    acme: Tenant, scout: Agent, alice: Person, bob: Person
) -> None:
    row = imported(acme, as_lines({}), by=agent_caller(scout))
    with within(acme.id):
        for by in (agent_caller(scout), person_caller(alice)):
            assert list(list_imports(by=by)) == [row]
            assert faults_of(by=by, import_id=row.id).count() == 1
        assert list(list_imports(by=person_caller(bob))) == []
        with pytest.raises(ImportNotFound):
            find_import(by=person_caller(bob), import_id=row.id)


def test_it_is_not_seen_by_another_tenant(acme: Tenant, globex: Tenant) -> None:
    row = begin(acme, numbered(1))
    with within(globex.id):
        assert list(list_imports(by=CURATOR)) == []
        for act in (find_import, cancel_import):
            with pytest.raises(ImportNotFound):
                act(by=CURATOR, import_id=row.id)
    assert now(acme, row).status == BulkStatus.WAITING


def test_it_tells_its_pace_and_when_it_will_be_done() -> None:
    row = MemoryImport(status=BulkStatus.RUNNING, line=300, total_lines=900, worked_ms=1500)
    assert (pace_of(row).lines_per_second, pace_of(row).eta_seconds) == (200.0, 3.0)
    row.status = BulkStatus.SUCCEEDED
    assert (pace_of(row).lines_per_second, pace_of(row).eta_seconds) == (200.0, None)
    assert pace_of(MemoryImport(status=BulkStatus.WAITING, total_lines=9)).lines_per_second is None


# --- Calling it off ---


def test_it_is_called_off_and_what_was_written_stays(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.importing.chunk.MOST_LINES", 2)
    row = begin(acme, numbered(5))

    def cancel_after_the_first(turn: Any, part: Any) -> bool:
        written = write_chunk(turn, part)
        if part.line == 2:
            with within(acme.id):
                cancel_import(by=CURATOR, import_id=row.id)
        return written

    monkeypatch.setattr("memory.importing.work.write_chunk", cancel_after_the_first)
    assert work_imports() is False
    after = now(acme, row)
    assert (after.status, after.line, after.created) == (BulkStatus.CANCELLED, 2, 2)
    assert contents(acme) == ["memory 0", "memory 1"]
    assert work_imports() is False
    with within(acme.id):
        told = AuditEntry.objects.get(action="memory_import.cancelled")
    assert told.detail["created"] == 2


def test_it_is_not_called_off_once_it_has_ended(acme: Tenant) -> None:
    row = imported(acme, numbered(1))
    with within(acme.id), pytest.raises(Conflict, match="`succeeded`"):
        cancel_import(by=CURATOR, import_id=row.id)
    assert now(acme, row).status == BulkStatus.SUCCEEDED


def test_it_is_not_called_off_by_who_may_only_read(acme: Tenant, scout: Agent) -> None:
    row = begin(acme, numbered(1), by=agent_caller(scout))
    with within(acme.id):
        with pytest.raises(Forbidden):
            cancel_import(by=agent_caller(scout, Role.VIEWER), import_id=row.id)
        with pytest.raises(ImportNotFound):
            cancel_import(by=CURATOR, import_id=uuid4())
    assert now(acme, row).status == BulkStatus.WAITING
