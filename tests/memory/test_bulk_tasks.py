"""The shells around turns: what is left after one is told to the workers again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from memory import tasks
from memory.erasing.begin import begin_erasure
from memory.models import BulkStatus, Memory, MemoryErasure
from tests.memory.bulk_lines import begin, contents, now, numbered
from tests.memory.remembering import CURATOR, remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(tasks, "tell_workers", said.append)
    return said


def test_it_works_on_an_import_and_hands_on_what_is_left(
    acme: Tenant, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = begin(acme, numbered(2))
    with monkeypatch.context() as patch:
        patch.setattr("memory.bulk.turns.Turn.is_over", True)
        tasks.work_imports()
    assert (now(acme, row).status, told) == (BulkStatus.RUNNING, ["memory.tasks.work_imports"])
    tasks.work_imports()
    assert (now(acme, row).status, len(told)) == (BulkStatus.SUCCEEDED, 1)


def test_it_works_on_an_erasure_and_hands_on_what_is_left(
    acme: Tenant, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(acme, "one")
    with within(acme.id):
        begin_erasure(tenant_id=acme.id, by=CURATOR, what="tenant")
    with monkeypatch.context() as patch:
        patch.setattr("memory.bulk.turns.Turn.is_over", True)
        tasks.erase_memories()
    assert (contents(acme), told) == (["one"], ["memory.tasks.erase_memories"])
    tasks.erase_memories()
    with within(acme.id):
        assert MemoryErasure.objects.get().status == BulkStatus.SUCCEEDED
    assert (contents(acme), len(told)) == ([], 1)


def test_it_sweeps(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_DELETED_KEPT_DAYS = 0
    memory = remember(acme, "one")
    with within(acme.id):
        Memory.objects.filter(id=memory.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.expire_memories()
    with within(acme.id):
        assert Memory.objects.deleted().count() == 1
    tasks.remove_old_memories()
    with within(acme.id):
        assert not Memory.objects.exists()
