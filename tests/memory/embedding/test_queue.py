"""The rows of vectors, written with their memory. What the verbs do with them is shown beside the verbs."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import within
from memory.embedding.models import retry_failed
from memory.embedding.queue import follow, forget, queue
from memory.models import MemoryEmbedding, ModelState
from tests.memory.remembering import make_model, remember

pytestmark = pytest.mark.django_db


def test_it_writes_for_the_model_that_searches_use_and_for_the_next_one(acme: Tenant) -> None:
    make_model()
    make_model("next", state=ModelState.BUILDING)
    make_model("old", state=ModelState.RETIRED)
    remember(acme, "a")
    with within(acme.id):
        assert [row.model.name for row in MemoryEmbedding.objects.order_by("id")] == ["tiny", "next"]


def test_it_takes_the_same_statements_for_any_number(
    acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_model()
    memories = [remember(acme, content) for content in "abc"]
    with within(acme.id):
        forget([memory.id for memory in memories])
        with django_assert_num_queries(3):  # the lock, the models, the rows
            queue(memories)
        assert MemoryEmbedding.objects.count() == 3


def test_it_leaves_rows_that_are_there(acme: Tenant) -> None:
    make_model()
    memory = remember(acme, "a", vector=[1, 2, 3])
    with within(acme.id):
        queue([memory, remember(acme, "b")])
        assert sorted(row.status for row in MemoryEmbedding.objects.all()) == ["pending", "ready"]


def test_another_content_is_tried_anew(acme: Tenant) -> None:
    make_model()
    memory = remember(acme, "a")
    with within(acme.id):
        MemoryEmbedding.objects.update(status="failed", attempts=5, due_at=None)
        follow(memory, changed={"content"})
        row = MemoryEmbedding.objects.get()
    assert (row.status, row.attempts, row.due_at is None) == ("pending", 0, False)


def test_rows_are_due_at_once_where_another_clock_is_ahead(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model()
    ahead = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    memory = remember(acme, "a")
    with within(acme.id):
        assert MemoryEmbedding.objects.due().count() == 1
        MemoryEmbedding.objects.update(due_at=ahead)
        follow(memory, changed={"content"})
        assert MemoryEmbedding.objects.due().count() == 1
        MemoryEmbedding.objects.update(status="failed", due_at=None)
    assert retry_failed(by=System("tests")) == 1
    with within(acme.id):
        assert MemoryEmbedding.objects.due().count() == 1


def test_it_forgets_those_of_the_memories_that_are_named(acme: Tenant, globex: Tenant) -> None:
    make_model()
    memory, other, others = remember(acme, "a"), remember(acme, "b"), remember(globex, "c")
    with within(acme.id):
        forget([memory.id, others.id])
        assert [row.memory_id for row in MemoryEmbedding.objects.all()] == [other.id]
    with within(globex.id):
        assert MemoryEmbedding.objects.count() == 1
