"""The rows of vectors, written with their memory. What the verbs do with them is shown beside the verbs."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenant
from accounts.tenancy import within
from memory.embedding.queue import follow, forget, queue, written_models
from memory.models import MemoryEmbedding, ModelState
from tests.memory.remembering import make_model, remember

pytestmark = pytest.mark.django_db


def test_it_writes_for_the_model_that_searches_use_and_for_the_next_one() -> None:
    make_model()
    make_model("next", state=ModelState.BUILDING)
    make_model("old", state=ModelState.RETIRED)
    assert [model.name for model in written_models()] == ["tiny", "next"]


def test_it_writes_nothing_while_there_is_no_model(
    acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    memory = remember(acme, "a")
    with within(acme.id):
        with django_assert_num_queries(1):
            queue([memory])
        assert MemoryEmbedding.objects.count() == 0


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


def test_it_forgets_those_of_the_memories_that_are_named(acme: Tenant, globex: Tenant) -> None:
    make_model()
    memory, other, others = remember(acme, "a"), remember(acme, "b"), remember(globex, "c")
    with within(acme.id):
        forget([memory.id, others.id])
        assert [row.memory_id for row in MemoryEmbedding.objects.all()] == [other.id]
    with within(globex.id):
        assert MemoryEmbedding.objects.count() == 1
