import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.errors import MemoryNotFound
from memory.history import history_of
from memory.models import Access
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
