import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.errors import MemoryNotFound
from memory.history import history_of
from memory.models import Access
from memory.restore import restore_memory
from memory.update import update_memory
from tests.memory.remembering import CURATOR, agent_caller, remember, rule

pytestmark = pytest.mark.django_db


def test_it_tells_what_a_memory_said_before_the_newest_first(acme: Tenant, scout: Agent) -> None:
    memory, other = remember(acme, "a"), remember(acme, "other")
    with within(acme.id):
        for number, content in enumerate("bc", start=1):
            update_memory(by=CURATOR, memory_id=memory.id, version=number, changes={"content": content})
        update_memory(by=CURATOR, memory_id=other.id, version=1, changes={"content": "others"})
        earlier = history_of(by=agent_caller(scout), memory_id=memory.id)
        assert [(one.version, one.facts["content"]) for one in earlier] == [(2, "b"), (1, "a")]


def test_it_is_for_those_who_may_read_the_memory(acme: Tenant, scout: Agent) -> None:
    memory, gone = remember(acme, "a", namespace="closed"), remember(acme, "b")
    rule(acme, "closed/", Access.NONE)
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=gone.id)
        for memory_id in (memory.id, gone.id):
            with pytest.raises(MemoryNotFound):
                history_of(by=agent_caller(scout), memory_id=memory_id)
        assert history_of(by=agent_caller(scout), memory_id=gone.id, deleted=True).count() == 1


def test_it_does_not_tell_what_a_memory_said_where_one_may_not_read(acme: Tenant, scout: Agent) -> None:
    memory = remember(acme, "the code is 12", namespace="closed")
    rule(acme, "closed/", Access.NONE)
    with within(acme.id):
        for version, changes in enumerate(
            [{"content": "there is a code", "namespace": "open"}, {"content": "there was a code"}], start=1
        ):
            update_memory(by=CURATOR, memory_id=memory.id, version=version, changes=changes)
        delete_memory(by=CURATOR, memory_id=memory.id)
        restore_memory(by=CURATOR, memory_id=memory.id)
        told = {by.actor: history_of(by=by, memory_id=memory.id) for by in (agent_caller(scout), CURATOR)}
        assert [(one.version, one.facts.get("content")) for one in told[f"agent:{scout.id}"]] == [
            *((4, None), (3, None), (2, "there is a code")),
        ]
        assert [one.version for one in told[CURATOR.actor]] == [4, 3, 2, 1]
