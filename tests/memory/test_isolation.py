"""Every verb that takes an id, asked for another tenant's: it finds nothing, tells nothing, changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.caller import Caller
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.delete import delete_matching, delete_memory
from memory.errors import LinkNotFound, MemoryNotFound
from memory.find import embedding_status, find_memory, list_memories
from memory.history import history_of
from memory.links.create import link
from memory.links.find import find_link, list_links
from memory.links.neighbours import neighbours
from memory.links.remove import unlink, unlink_between
from memory.models import Memory, MemoryLink
from memory.purge import purge_matching, purge_memory
from memory.restore import restore_matching, restore_memory
from memory.update import update_memory
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember

pytestmark = pytest.mark.django_db
TABLES = ("memory", "memoryembedding", "memorylink", "memoryversion", "memorycount")


@dataclass
class Acmes:
    there: UUID
    other: UUID
    deleted: UUID
    deletion: UUID
    link: UUID


@pytest.fixture
def acmes(acme: Tenant) -> Acmes:
    make_model()
    there, other, gone = (remember(acme, content, vector=[1, 2, 3]) for content in "abc")
    with within(acme.id):
        made = link(by=CURATOR, from_id=there.id, to_id=other.id, type="about").link
        update_memory(by=CURATOR, memory_id=there.id, version=1, changes={"kind": "note"})
        deleted = delete_memory(by=CURATOR, memory_id=gone.id)
    assert deleted.deletion_id is not None
    return Acmes(there.id, other.id, gone.id, deleted.deletion_id, made.id)


@pytest.fixture
def by(spy: Agent) -> Caller:
    return agent_caller(spy, Role.OWNER)


def rows(tenant: Tenant) -> list[Any]:
    found = []
    with within(tenant.id), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM memory_{table} ORDER BY id")
            found.append(cursor.fetchall())
    return found


NOT_FOUND: dict[str, Callable[[Caller, Acmes, UUID], Any]] = {
    "find": lambda by, acmes, own: find_memory(by=by, memory_id=acmes.there),
    "find deleted": lambda by, acmes, own: find_memory(by=by, memory_id=acmes.deleted, deleted=True),
    "update": lambda by, acmes, own: update_memory(by=by, memory_id=acmes.there, version=2, changes={"kind": "x"}),
    "delete": lambda by, acmes, own: delete_memory(by=by, memory_id=acmes.there),
    "restore": lambda by, acmes, own: restore_memory(by=by, memory_id=acmes.deleted),
    "purge": lambda by, acmes, own: purge_memory(by=by, memory_id=acmes.deleted),
    "purge one that is there": lambda by, acmes, own: purge_memory(by=by, memory_id=acmes.there),
    "history": lambda by, acmes, own: history_of(by=by, memory_id=acmes.there),
    "link": lambda by, acmes, own: link(by=by, from_id=acmes.there, to_id=acmes.other, type="stolen"),
    "link to": lambda by, acmes, own: link(by=by, from_id=own, to_id=acmes.there, type="stolen"),
    "link from": lambda by, acmes, own: link(by=by, from_id=acmes.there, to_id=own, type="stolen"),
    "links": lambda by, acmes, own: list_links(by=by, memory_id=acmes.there),
    "find link": lambda by, acmes, own: find_link(by=by, link_id=acmes.link),
    "unlink": lambda by, acmes, own: unlink(by=by, link_id=acmes.link),
    "unlink between": lambda by, acmes, own: unlink_between(
        by=by, from_id=acmes.there, to_id=acmes.other, type="about"
    ),
    "neighbours": lambda by, acmes, own: neighbours(by=by, memory_id=acmes.there, hops=3),
}


@pytest.mark.parametrize("verb", NOT_FOUND)
def test_it_does_not_find_another_tenants(acme: Tenant, globex: Tenant, acmes: Acmes, by: Caller, verb: str) -> None:
    own = remember(globex, "own")
    before = rows(acme), rows(globex)
    with pytest.raises((MemoryNotFound, LinkNotFound)) as refused, within(globex.id):
        NOT_FOUND[verb](by, acmes, own.id)
    assert str(refused.value) == str(type(refused.value)())
    assert (rows(acme), rows(globex)) == before


def test_lists_and_filters_are_of_ones_own(acme: Tenant, globex: Tenant, acmes: Acmes, by: Caller) -> None:
    own = remember(globex, "own")
    before = rows(acme)
    with within(globex.id):
        assert [memory.id for memory in list_memories(by=by)] == [own.id]
        assert (list(list_memories(by=by, deleted=True)), list(list_links(by=by))) == ([], [])
        assert embedding_status([Memory(id=acmes.there)]) == {acmes.there: "pending"}
        assert restore_matching(by=by, deletion_id=acmes.deletion).count == 0
        assert delete_matching(by=by, kind="note").count == 0
        assert purge_matching(by=by, subtree="default").count == 0
        assert delete_matching(by=by, subtree="default").count == 1
        assert MemoryLink.objects.count() == 0
    assert rows(acme) == before
