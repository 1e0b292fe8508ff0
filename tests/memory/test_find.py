from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Q
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Invalid
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.embedding.queue import forget
from memory.errors import MemoryNotFound
from memory.find import embedding_status, find_memory, list_memories
from memory.models import Access, Memory, ModelState
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


def listed(tenant: Tenant, by: Any = CURATOR, **which: Any) -> list[str]:
    with within(tenant.id):
        return [memory.content for memory in list_memories(by=by, **which)]


def expire(tenant: Tenant, memory: Memory) -> None:
    with within(tenant.id):
        Memory.objects.filter(id=memory.id).update(expires_at=timezone.now())


def delete(tenant: Tenant, memory: Memory) -> None:
    with within(tenant.id):
        delete_memory(by=CURATOR, memory_id=memory.id)


def test_it_finds_by_id(acme: Tenant, by: Caller) -> None:
    memory = remember(acme, "Ada likes tea.")
    with within(acme.id):
        assert find_memory(by=by, memory_id=memory.id) == memory


def test_it_finds_nothing_that_is_not_there_or_that_the_caller_may_not_read(acme: Tenant, by: Caller) -> None:
    deleted, expired, hidden = remember(acme, "a"), remember(acme, "b"), remember(acme, "c", namespace="closed")
    delete(acme, deleted)
    expire(acme, expired)
    rule(acme, "closed/", Access.NONE)
    for memory_id in (deleted.id, expired.id, hidden.id, uuid4()):
        with pytest.raises(MemoryNotFound) as refused, within(acme.id):
            find_memory(by=by, memory_id=memory_id)
        assert refused.value.message.startswith("There is no such memory.")
    assert listed(acme, by) == []


def test_it_finds_deleted_ones_where_they_are_asked_for(acme: Tenant, by: Caller) -> None:
    deleted, there, hidden = remember(acme, "a"), remember(acme, "b"), remember(acme, "c", namespace="closed")
    delete(acme, deleted)
    delete(acme, hidden)
    rule(acme, "closed/", Access.NONE)
    with within(acme.id):
        assert find_memory(by=by, memory_id=deleted.id, deleted=True).deleted_by == "system:curator"
        with pytest.raises(MemoryNotFound):
            find_memory(by=by, memory_id=there.id, deleted=True)
    assert listed(acme, by, deleted=True) == ["a"]


def test_it_lists_the_newest_first(acme: Tenant, globex: Tenant, by: Caller) -> None:
    for content in ("first", "second", "third"):
        remember(acme, content)
    remember(globex, "others")
    assert listed(acme, by) == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, "abcd"),
        ({"subtree": "/"}, "abcd"),
        ({"subtree": "x"}, "abc"),
        ({"subtree": "x/y/"}, "b"),
        ({"subtree": "z"}, ""),
        ({"kind": "note"}, "ac"),
        ({"tags": ["red"]}, "ab"),
        ({"tags": ["red", "blue"]}, "b"),
        ({"end_user": "ada"}, "c"),
        ({"end_user": ""}, "abd"),
        ({"trust": "untrusted"}, "d"),
        ({"where": Q(metadata__contains={"size": 1})}, "a"),
        ({"kind": "note", "tags": ["red"], "subtree": "x"}, "a"),
    ],
)
def test_it_lists_what_answers_to_all_conditions(acme: Tenant, which: dict[str, Any], found: str) -> None:
    remember(acme, "a", namespace="x", kind="note", tags=["red"], metadata={"size": 1})
    remember(acme, "b", namespace="x/y", tags=["blue", "red"], metadata={"size": 2})
    remember(acme, "c", namespace="x/yz", kind="note", end_user="ada")
    remember(acme, "d", namespace="x-y", trust="untrusted")
    assert sorted(listed(acme, **which)) == list(found)


def test_it_lists_what_was_so_at_a_moment(acme: Tenant) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    remember(acme, "always")
    remember(acme, "until noon", valid_to=noon)
    remember(acme, "from noon", valid_from=noon)
    before, after = noon - timedelta(seconds=1), noon
    assert listed(acme, valid_at=before) == ["until noon", "always"]
    assert listed(acme, valid_at=after) == ["from noon", "always"]


def test_it_refuses_a_subtree_that_is_no_namespace(acme: Tenant) -> None:
    with pytest.raises(Invalid):
        listed(acme, subtree="a b")


def test_it_says_how_far_vectors_are(acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_model()
    make_model("next", state=ModelState.BUILDING)
    ready, pending, early = remember(acme, "a", vector=[1, 2, 3]), remember(acme, "b"), remember(acme, "c")
    with within(acme.id):
        forget([early.id])  # as one that nobody has come to yet
    with within(acme.id), django_assert_num_queries(1):
        assert embedding_status([early, ready, pending]) == {
            early.id: "pending",
            ready.id: "ready",
            pending.id: "pending",
        }


def test_it_takes_few_statements(acme: Tenant, by: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    memory = remember(acme, "a")
    with within(acme.id):
        with django_assert_num_queries(2):
            find_memory(by=by, memory_id=memory.id)
        with django_assert_num_queries(2):
            list(list_memories(by=by, kind="fact")[:50])
