"""Giving what there was a vector of a new model."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from accounts.caller import System
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from memory.embedding import resting
from memory.embedding import walk as walking
from memory.embedding.active import ensure_model
from memory.embedding.models import begin_reembedding, building_model, cancel_reembedding
from memory.embedding.pending import embed_pending
from memory.embedding.walk import walk
from memory.models import EmbeddingModel, Memory
from tests.locks import in_another_connection
from tests.memory.embedding.rows import (
    FakeEmbedder,
    Shelf,
    all_rows,
    change,
    delete,
    remember,
    rows_of,
    vector_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("tests")


@pytest.fixture
def second(shelf: Shelf) -> FakeEmbedder:
    return FakeEmbedder("fake-2", 4)


@pytest.fixture
def begin(shelf: Shelf, second: FakeEmbedder) -> Callable[[], EmbeddingModel]:
    """Have the second model built, after what a test has written before."""

    def begin() -> EmbeddingModel:
        ensure_model()
        shelf.choose(second)
        return begin_reembedding(by=BY)

    return begin


def go(budget_seconds: float = 30) -> bool:
    return asyncio.run(walk(budget_seconds))


def model() -> EmbeddingModel:
    found = building_model()
    assert found is not None
    return found


def new_rows() -> dict[str, str]:
    """By what the memory says: how its row of the new model is."""
    return {row.memory.content: row.status for row in all_rows() if row.model.name == "fake-2"}


def test_everything_there_was_gets_a_vector(
    acme: Tenant, globex: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    memories = [remember(acme, "one"), remember(globex, "three", namespace="projects/apollo/"), remember(acme, "two")]
    begin()
    assert go()
    assert second.asked == [["one", "three", "two"]]
    for memory in memories:
        row = rows_of(memory)["fake-2"]
        assert (row.tenant_id, row.namespace, row.kind) == (memory.tenant_id, memory.namespace, "fact")
        assert (row.status, row.attempts, row.due_at) == ("ready", 0, None)
        assert vector_of(row) == [len(memory.content), 6, 1, 1]
        assert rows_of(memory)["fake-1"].status == "pending"
    assert (model().reached, model().looked_at) == (memories[-1].id, 3)
    assert model().lease_until is not None
    assert model().per_second is not None


def test_it_goes_in_batches_and_knows_where_it_was(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_AT_ONCE", 2)
    for number in range(5):
        remember(acme, f"number {number}")
    begin()
    assert go()
    assert [len(asked) for asked in second.asked] == [2, 2, 1]
    assert go()
    assert len(second.asked) == 3, "Nothing is made twice."
    assert model().looked_at == 5


def test_without_a_model_that_is_built_it_does_nothing(acme: Tenant, shelf: Shelf) -> None:
    remember(acme, "one")
    assert not go()


def test_where_nobody_makes_such_vectors_it_does_nothing(
    acme: Tenant, begin: Callable[[], EmbeddingModel], shelf: Shelf
) -> None:
    remember(acme, "one")
    begin()
    shelf.embedders.pop()
    assert not go()
    assert new_rows() == {}


def test_with_nothing_remembered_it_is_at_its_end(begin: Callable[[], EmbeddingModel]) -> None:
    begin()
    assert go()


def test_deleted_and_expired_ones_are_left_out(acme: Tenant, begin: Callable[[], EmbeddingModel]) -> None:
    remember(acme, "here")
    delete(remember(acme, "deleted"))
    expired = remember(acme, "expired")
    with within(acme.id):
        Memory.objects.filter(id=expired.id).update(expires_at=Now())
    begin()
    assert go()
    assert new_rows() == {"here": "ready"}


def test_what_is_written_meanwhile_has_its_rows_from_its_write(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    remember(acme, "before")
    begin()
    remember(acme, "after")
    assert go()
    assert second.asked == [["before"]]
    assert new_rows() == {"before": "ready", "after": "pending"}
    asyncio.run(embed_pending(30))
    assert new_rows() == {"before": "ready", "after": "ready"}


@pytest.mark.parametrize(("happens", "became"), [(change, "pending"), (delete, None)])
def test_what_is_changed_or_deleted_while_its_vector_is_made_keeps_none(
    acme: Tenant,
    begin: Callable[[], EmbeddingModel],
    second: FakeEmbedder,
    happens: Callable[..., None],
    became: str | None,
) -> None:
    memory = remember(acme, "old")
    begin()

    async def walk_meanwhile() -> bool:
        second.may_answer.clear()
        walked = asyncio.create_task(walk(30))
        await second.has_begun.wait()
        await in_database_thread(happens, memory, *(["new"] if happens is change else []))
        second.may_answer.set()
        return await walked

    asyncio.run(walk_meanwhile())
    assert new_rows() == {}, "Of a content that is gone there is no vector."
    go()
    assert new_rows() == ({"new": "ready"} if became else {})


def test_a_memory_that_somebody_is_changing_is_looked_at_again(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    first, held, last = (remember(acme, text) for text in ("one", "two", "three"))
    begin()
    ended: list[bool] = []
    thread = threading.Thread(target=in_another_connection, args=(lambda: ended.append(go()),))
    with within(acme.id):
        Memory.objects.filter(id=held.id).update(metadata={"seen": True})
        thread.start()
        thread.join(30)
    assert ended == [False], "Nobody waited, and the end was not reached."
    assert new_rows() == {"one": "ready", "three": "ready"}
    assert model().reached == first.id
    assert go()
    assert new_rows() == {"one": "ready", "two": "ready", "three": "ready"}
    assert model().reached == last.id


def test_an_embedder_that_is_away_is_left_alone(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    remember(acme, "one")
    begin()
    second.is_away = True
    assert not go()
    assert not go()
    assert len(second.asked) == 1
    assert (model().reached, new_rows()) == (None, {})
    second.is_away = False
    resting.forget()
    EmbeddingModel.objects.filter(name="fake-2").update(lease_until=Now())
    assert go()


def test_a_text_that_is_refused_is_left_to_the_worker(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    bad = remember(acme, "bad")
    remember(acme, "good")
    begin()
    second.refuses = lambda text: text == "bad"
    assert go()
    row = rows_of(bad)["fake-2"]
    assert (row.status, row.attempts) == ("pending", 1)
    assert row.due_at is not None
    assert new_rows() == {"bad": "pending", "good": "ready"}


def test_one_that_refuses_everything_is_taken_for_away(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    remember(acme, "one")
    remember(acme, "two")
    begin()
    second.refuses = lambda text: True
    assert not go()
    assert new_rows() == {}
    assert resting.is_resting("fake-2")


def test_two_that_walk_at_once_make_nothing_twice(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_AT_ONCE", 3)
    for number in range(10):
        remember(acme, f"number {number}")
    begin()

    async def two() -> list[bool]:
        return list(await asyncio.gather(walk(30), walk(30)))

    assert sorted(asyncio.run(two())) == [False, True], "One has the lease."
    assert sum(len(asked) for asked in second.asked) == 10
    assert len(new_rows()) == 10


def test_one_that_was_taken_for_gone_stores_nothing_twice(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    memory = remember(acme, "one")
    begin()

    async def overtaken() -> bool:
        second.may_answer.clear()
        slow = asyncio.create_task(walk(30))
        await second.has_begun.wait()
        # It waits for this event; who comes later finds another one.
        slow_one, second.may_answer = second.may_answer, asyncio.Event()
        second.may_answer.set()
        await in_database_thread(EmbeddingModel.objects.filter(name="fake-2").update, lease_until=Now())
        assert await walk(30)
        slow_one.set()
        return await slow

    asyncio.run(overtaken())
    assert new_rows() == {"one": "ready"}
    assert (model().reached, model().looked_at) == (memory.id, 1)


def test_one_that_is_cancelled_stores_nothing_more(
    acme: Tenant, begin: Callable[[], EmbeddingModel], second: FakeEmbedder
) -> None:
    remember(acme, "one")
    begin()

    async def cancelled() -> bool:
        second.may_answer.clear()
        walked = asyncio.create_task(walk(30))
        await second.has_begun.wait()
        await in_database_thread(cancel_reembedding, by=BY, name="fake-2")
        second.may_answer.set()
        return await walked

    assert not asyncio.run(cancelled())
    assert new_rows() == {}
