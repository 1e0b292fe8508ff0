"""Waiting for the vectors of what was just written."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.offload import in_database_thread
from memory.embedding import now, work
from memory.embedding.active import ensure_model
from memory.embedding.claims import claim, store
from memory.embedding.now import embed_now
from memory.models import EmbeddingModel, Memory, ModelState
from tests.memory.embedding.rows import (
    FakeEmbedder,
    Shelf,
    change,
    delete,
    remember,
    row_of,
    rows_of,
    seconds_until_due,
    vector_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 20_000


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a worker was told."""
    told: list[str] = []
    monkeypatch.setattr(now, "embed_soon", lambda: told.append("soon"))
    return told


def wait_for(memory: Memory, *, wait_ms: int = LONG) -> dict[UUID, str]:
    return asyncio.run(embed_now(tenant_id=memory.tenant_id, memory_ids=[memory.id], wait_ms=wait_ms))


def test_what_was_written_is_ready_when_it_returns(acme: Tenant, woken: list[str]) -> None:
    """With the embedder that is always there."""
    memory = remember(acme, "Apollo flies on Monday.")
    assert wait_for(memory) == {memory.id: "ready"}
    assert row_of(memory).status == "ready"
    assert len(vector_of(row_of(memory))) == 384
    assert woken == []


def test_several_are_asked_for_together(acme: Tenant, embedder: FakeEmbedder) -> None:
    memories = [remember(acme, text) for text in ("one", "two", "three")]
    ids = [each.id for each in memories]
    statuses = asyncio.run(embed_now(tenant_id=acme.id, memory_ids=ids, wait_ms=LONG))
    assert statuses == dict.fromkeys(ids, "ready")
    assert embedder.asked == [["one", "two", "three"]]


def test_who_does_not_wait_is_told_that_it_is_pending(acme: Tenant, embedder: FakeEmbedder, woken: list[str]) -> None:
    memory = remember(acme, "one")
    assert wait_for(memory, wait_ms=0) == {memory.id: "pending"}
    assert embedder.asked == []
    assert woken == ["soon"]


def test_nothing_is_asked_of_nothing(embedder: FakeEmbedder) -> None:
    assert asyncio.run(embed_now(tenant_id=uuid4(), memory_ids=[], wait_ms=LONG)) == {}


def test_what_takes_longer_is_pending_and_goes_on(acme: Tenant, embedder: FakeEmbedder, woken: list[str]) -> None:
    memory = remember(acme, "one")

    async def write() -> tuple[str, str]:
        embedder.may_answer.clear()
        statuses = await embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=20)
        embedder.may_answer.set()
        await asyncio.gather(*now._going_on)
        return statuses[memory.id], (await in_database_thread(row_of, memory)).status

    assert asyncio.run(write()) == ("pending", "ready")
    assert woken == ["soon"]


def test_who_hangs_up_does_not_stop_it(acme: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")

    async def write() -> None:
        embedder.may_answer.clear()
        waiting = asyncio.create_task(embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=LONG))
        await embedder.has_begun.wait()
        waiting.cancel()
        await asyncio.wait((waiting,))
        embedder.may_answer.set()
        await asyncio.gather(*now._going_on)

    asyncio.run(write())
    assert row_of(memory).status == "ready"


def test_a_process_that_ends_gives_it_back(acme: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")

    async def write() -> None:
        embedder.may_answer.clear()
        await embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=20)
        # The end of the loop cancels what goes on.

    asyncio.run(write())
    row = row_of(memory)
    assert row.status == "pending"
    assert seconds_until_due(row) <= 10


def test_a_content_that_is_changed_while_its_vector_is_made_gets_another_vector(
    acme: Tenant, embedder: FakeEmbedder
) -> None:
    memory = remember(acme, "old")

    async def write() -> dict[UUID, str]:
        embedder.may_answer.clear()
        waiting = asyncio.create_task(embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=LONG))
        await embedder.has_begun.wait()
        await in_database_thread(change, memory, "entirely new")
        embedder.may_answer.set()
        return await waiting

    assert asyncio.run(write()) == {memory.id: "pending"}
    assert row_of(memory).vector is None
    assert wait_for(memory) == {memory.id: "ready"}
    assert vector_of(row_of(memory))[0] == len("entirely new")


def test_a_memory_that_is_deleted_meanwhile_gets_none(acme: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")

    async def write() -> None:
        embedder.may_answer.clear()
        waiting = asyncio.create_task(embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=LONG))
        await embedder.has_begun.wait()
        await in_database_thread(delete, memory)
        embedder.may_answer.set()
        await waiting

    asyncio.run(write())
    assert rows_of(memory) == {}


def test_while_the_embedder_is_away_nobody_waits(acme: Tenant, embedder: FakeEmbedder, woken: list[str]) -> None:
    embedder.is_away = True
    memory = remember(acme, "one")
    assert wait_for(memory) == {memory.id: "pending"}
    row = row_of(memory)
    assert row.attempts == 0, "It is not the text's fault."
    assert seconds_until_due(row) <= 1
    other = remember(acme, "two")
    assert wait_for(other) == {other.id: "pending"}
    assert embedder.asked == [["one"]], "It is left alone."
    assert woken == ["soon", "soon"]


def test_a_text_that_is_refused_is_tried_again_later(acme: Tenant, embedder: FakeEmbedder) -> None:
    embedder.refuses = lambda text: text == "bad"
    bad, good = remember(acme, "bad"), remember(acme, "good")
    statuses = asyncio.run(embed_now(tenant_id=acme.id, memory_ids=[bad.id, good.id], wait_ms=LONG))
    assert statuses == {bad.id: "pending", good.id: "ready"}
    assert row_of(bad).attempts == 1


def test_what_somebody_else_is_making_is_waited_for(acme: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")
    claimed = claim(tenant_id=acme.id, model_ids=[ensure_model().id], most=1)

    async def write() -> dict[UUID, str]:
        waiting = asyncio.create_task(embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=LONG))
        await asyncio.sleep(now.LOOK_SECONDS)
        await in_database_thread(store, claimed, [[1.0, 2.0, 3.0]])
        return await waiting

    assert asyncio.run(write()) == {memory.id: "ready"}
    assert embedder.asked == []


def test_the_model_that_is_built_gets_its_vector_as_well(acme: Tenant, shelf: Shelf) -> None:
    ensure_model()
    second = FakeEmbedder("fake-2", 4)
    shelf.choose(second)
    EmbeddingModel.objects.create(name="fake-2", dimensions=4, state=ModelState.BUILDING)
    memory = remember(acme, "one")

    async def write() -> dict[UUID, str]:
        second.may_answer.clear()
        statuses = await embed_now(tenant_id=acme.id, memory_ids=[memory.id], wait_ms=LONG)
        second.may_answer.set()
        await asyncio.gather(*now._going_on)
        return statuses

    assert asyncio.run(write()) == {memory.id: "ready"}, "Nobody waits for the other one."
    assert {name: vector_of(row) for name, row in rows_of(memory).items()} == {
        "fake-1": [3, 6, 1],
        "fake-2": [3, 6, 1, 1],
    }


def test_another_tenants_memory_is_not_made(acme: Tenant, globex: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")
    found = asyncio.run(embed_now(tenant_id=globex.id, memory_ids=[memory.id], wait_ms=50))
    assert found == {memory.id: "pending"}
    assert embedder.asked == []
    assert row_of(memory).status == "pending"


def test_a_write_of_many_costs_as_many_statements_as_one(
    acme: Tenant, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def counted(function: Callable[..., Any], *args: Any) -> Any:
        with CaptureQueriesContext(connection) as captured:
            found = function(*args)
        asked.append(len(captured))
        return found

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.setattr(now, "in_database_thread", counted)
    monkeypatch.setattr(work, "in_database_thread", counted)
    for count in (1, 30):
        ids = [remember(acme, f"{count} {number}").id for number in range(count)]
        asyncio.run(embed_now(tenant_id=acme.id, memory_ids=ids, wait_ms=LONG))
    # The models and the claim, the store, the statuses: each of the last three in a transaction with its scope.
    assert asked == [5, 4, 4] * 2
