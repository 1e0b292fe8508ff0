"""Vectors in the life of a memory, by the verbs that callers have."""

import asyncio
from uuid import UUID

import pytest

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import within
from memory.create import create_memory
from memory.delete import delete_memory
from memory.embedding.models import begin_reembedding
from memory.embedding.now import embed_now
from memory.embedding.switch import switch_when_complete
from memory.embedding.walk import walk
from memory.models import Memory
from memory.restore import restore_memory
from memory.update import update_memory
from tests.memory.embedding.rows import FakeEmbedder, Shelf, row_of, rows_of, vector_of

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("tests")


@pytest.fixture
def memory(acme: Tenant, shelf: Shelf) -> Memory:
    """The first one that anybody writes here."""
    with within(acme.id):
        return create_memory(tenant_id=acme.id, by=BY, facts={"content": "Apollo flies on Monday."}).memory


def embed(memory: Memory) -> dict[UUID, str]:
    return asyncio.run(embed_now(tenant_id=memory.tenant_id, memory_ids=[memory.id], wait_ms=20_000))


def test_it_gets_a_vector_with_each_content(memory: Memory) -> None:
    assert embed(memory) == {memory.id: "ready"}
    assert vector_of(row_of(memory)) == [23, 6, 1]
    with within(memory.tenant_id):
        update_memory(by=BY, memory_id=memory.id, version=1, changes={"content": "It flies on Friday."})
    assert row_of(memory).status == "pending"
    assert embed(memory) == {memory.id: "ready"}
    assert vector_of(row_of(memory)) == [19, 6, 1]


def test_it_keeps_its_vector_where_its_content_stays(memory: Memory, embedder: FakeEmbedder) -> None:
    embed(memory)
    with within(memory.tenant_id):
        update_memory(by=BY, memory_id=memory.id, version=1, changes={"kind": "plan", "namespace": "projects/apollo"})
    row = row_of(memory)
    assert (row.status, row.kind, row.namespace) == ("ready", "plan", "projects/apollo/")
    assert len(embedder.asked) == 1


def test_a_deleted_one_has_none_and_a_restored_one_another(memory: Memory) -> None:
    embed(memory)
    with within(memory.tenant_id):
        delete_memory(by=BY, memory_id=memory.id, version=None)
    assert rows_of(memory) == {}
    with within(memory.tenant_id):
        restore_memory(by=BY, memory_id=memory.id)
    assert row_of(memory).status == "pending"
    assert embed(memory) == {memory.id: "ready"}


def test_a_vector_that_is_sent_along_is_taken(acme: Tenant, embedder: FakeEmbedder) -> None:
    with within(acme.id):
        facts = {"content": "Apollo flies on Monday.", "vector": [0, 2, 0]}
        memory = create_memory(tenant_id=acme.id, by=BY, facts=facts).memory
    assert vector_of(row_of(memory)) == [0, 1, 0]
    assert embed(memory) == {memory.id: "ready"}
    assert embedder.asked == []


def test_the_model_is_changed_around_it(memory: Memory, shelf: Shelf) -> None:
    embed(memory)
    shelf.choose(FakeEmbedder("fake-2", 4))
    begin_reembedding(by=BY)
    with within(memory.tenant_id):
        facts = {"content": "It lands on Sunday.", "vector": [0, 2, 0]}
        later = create_memory(tenant_id=memory.tenant_id, by=BY, facts=facts).memory
    assert {name: row.status for name, row in rows_of(later).items()} == {"fake-1": "ready", "fake-2": "pending"}
    asyncio.run(walk(30))
    embed(later)
    assert switch_when_complete()
    with within(memory.tenant_id):
        last = create_memory(tenant_id=memory.tenant_id, by=BY, facts={"content": "It stays a week."}).memory
    assert list(rows_of(last)) == ["fake-2"]
