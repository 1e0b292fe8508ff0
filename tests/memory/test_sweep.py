import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from memory import sweep
from memory.delete import delete_memory
from memory.importing.files import all_files
from memory.models import BulkStatus, Memory, MemoryEmbedding, MemoryImport, MemoryVersion
from memory.update import update_memory
from registry.artifacts.storage import put
from tests.memory.bulk_lines import begin, imported, now, numbered
from tests.memory.remembering import CURATOR, make_model, remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def put_back(tenant: Tenant, memory: Memory, **times: Any) -> None:
    with within(tenant.id):
        Memory.objects.filter(id=memory.id).update(**times)


def ago(**how: float) -> Any:
    return timezone.now() - timedelta(**how)


def test_it_puts_away_what_has_expired(acme: Tenant, globex: Tenant) -> None:
    make_model()
    over, later, never = (remember(acme, word, namespace="a") for word in ("over", "later", "never"))
    theirs = remember(globex, "theirs")
    put_back(acme, over, expires_at=ago(seconds=1))
    put_back(acme, later, expires_at=ago(days=-1))
    put_back(globex, theirs, expires_at=ago(days=1))
    assert sweep.expire_memories() == 2
    with within(acme.id):
        assert list(Memory.objects.deleted().values_list("id", "deleted_by")) == [(over.id, "system:expiry")]
        assert set(MemoryEmbedding.objects.values_list("memory_id", flat=True)) == {later.id, never.id}
        told = AuditEntry.objects.get(action="memory.expired")
    assert (told.actor, told.detail) == ("system:expiry", {"namespace": "a/", "count": 1, "ids": [str(over.id)]})
    assert sweep.expire_memories() == 0


def test_it_removes_what_was_deleted_long_ago(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_DELETED_KEPT_DAYS = 30
    old, young, there = (remember(acme, word) for word in ("old", "young", "there"))
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=old.id, version=1, changes={"content": "older"})
        delete_memory(by=CURATOR, memory_id=old.id)
        delete_memory(by=CURATOR, memory_id=young.id)
    put_back(acme, old, deleted_at=ago(days=31))
    put_back(acme, young, deleted_at=ago(days=29))
    assert sweep.purge_deleted() == 1
    with within(acme.id):
        assert set(Memory.objects.values_list("id", flat=True)) == {young.id, there.id}
        assert not MemoryVersion.objects.filter(memory_id=old.id).exists()
        told = AuditEntry.objects.get(action="memory.purged")
    assert (told.actor, told.detail["count"], told.detail["ids"]) == ("system:sweep", 1, [str(old.id)])


def test_it_goes_batch_by_batch(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)
    imported(acme, numbered(5))
    with within(acme.id):
        Memory.objects.update(expires_at=ago(seconds=1))
    assert sweep.expire_memories() == 5
    with within(acme.id):
        assert AuditEntry.objects.filter(action="memory.expired").count() == 3


def test_it_comes_again_for_what_is_left(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)
    monkeypatch.setattr(sweep, "MOST_BATCHES", 1)
    imported(acme, numbered(3))
    with within(acme.id):
        Memory.objects.update(expires_at=ago(seconds=1))
    assert [sweep.expire_memories(), sweep.expire_memories(), sweep.expire_memories()] == [2, 1, 0]


def test_it_removes_the_lines_of_imports_that_ended_a_week_ago(acme: Tenant) -> None:
    old, young, going = imported(acme, numbered(1)), imported(acme, numbered(1)), begin(acme, numbered(1))
    with within(acme.id):
        MemoryImport.objects.filter(id=old.id).update(finished_at=ago(days=8))
        MemoryImport.objects.filter(id=young.id).update(finished_at=ago(days=6))
    assert sweep.remove_import_files() == 1
    assert {import_id for import_id, _ in all_files()} == {young.id, going.id}
    after = now(acme, old)
    assert (after.storage_name, after.created, after.status) == ("", 1, BulkStatus.SUCCEEDED)


def test_it_removes_files_that_no_import_knows_of(acme: Tenant) -> None:
    known = begin(acme, numbered(1))
    old, young = first_id_at(ago(days=2)), first_id_at(ago(hours=1))
    for import_id in (old, young):
        put(f"{acme.id}/imports/{import_id}", io.BytesIO(b"x"))
    put(f"{acme.id}/imports/not-ours", io.BytesIO(b"x"))
    assert sweep.remove_import_files() == 1
    assert {import_id for import_id, _ in all_files()} == {known.id, young}


def test_it_finds_nothing_where_nothing_ever_was() -> None:
    assert sweep.expire_memories() + sweep.purge_deleted() + sweep.remove_import_files() == 0
