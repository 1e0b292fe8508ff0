from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from memory import restore
from memory.delete import delete_matching, delete_memory
from memory.errors import MemoryNotFound, QuotaReached
from memory.history import history_of
from memory.models import Access, Memory, MemoryEmbedding
from memory.restore import Restored, restore_matching, restore_memory
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember, rule, seen_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


def deleted(tenant: Tenant, content: str, **facts: Any) -> Memory:
    memory = remember(tenant, content, **facts)
    with within(tenant.id):
        return delete_memory(by=CURATOR, memory_id=memory.id)


def back(memory: Memory, by: Any = CURATOR) -> Memory:
    with within(memory.tenant_id):
        return restore_memory(by=by, memory_id=memory.id)


def told(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="memory.restored").values_list("subject", "detail"))


def deletion(tenant: Tenant, **which: Any) -> UUID:
    with within(tenant.id):
        made = delete_matching(by=CURATOR, **which).id
    assert made is not None
    return made


def all_back(tenant: Tenant, deletion_id: UUID, by: Any = CURATOR) -> Restored:
    with within(tenant.id):
        return restore_matching(by=by, deletion_id=deletion_id)


def contents(tenant: Tenant) -> str:
    with within(tenant.id):
        return "".join(sorted(Memory.objects.there().values_list("content", flat=True)))


# --- One ---


def test_it_undoes_a_deletion(acme: Tenant, by: Caller) -> None:
    make_model()
    memory = deleted(acme, "a", vector=[1, 2, 3])
    restored = back(memory, by)
    row = seen_now(acme, memory.id)
    assert (row.version, row.deleted_at, row.deleted_by, row.deletion_id) == (3, None, "", None)
    assert (restored.version, restored.deleted_at) == (3, None)
    with within(acme.id):
        assert MemoryEmbedding.objects.get(memory=memory).status == "pending"
        assert [(one.version, one.change) for one in history_of(by=by, memory_id=memory.id)] == [
            *((2, "restored"), (1, "deleted")),
        ]
    assert told(acme) == [(f"memory:{memory.id}", {"namespace": "default/", "count": 1, "ids": [str(memory.id)]})]


def test_what_is_not_deleted_stays_as_it_is(acme: Tenant, by: Caller) -> None:
    memory = deleted(acme, "a")
    back(memory, by)
    assert (back(memory, by).version, seen_now(acme, memory.id).version, len(told(acme))) == (3, 3, 1)


def test_it_restores_nothing_that_is_not_there(acme: Tenant, globex: Tenant, by: Caller) -> None:
    expired, theirs = remember(acme, "a"), deleted(globex, "b")
    with within(acme.id):
        Memory.objects.filter(id=expired.id).update(expires_at=timezone.now())
        for memory_id in (expired.id, theirs.id, uuid4()):
            with pytest.raises(MemoryNotFound):
                restore_memory(by=by, memory_id=memory_id)
    assert told(acme) == []


def test_it_does_not_bring_back_what_has_expired(acme: Tenant) -> None:
    memory = deleted(acme, "a")
    with within(acme.id):
        Memory.objects.filter(id=memory.id).update(expires_at=timezone.now())
    with pytest.raises(Conflict, match="has expired"):
        back(memory)
    assert (contents(acme), told(acme)) == ("", [])


def test_it_does_not_bring_back_what_is_there_again(acme: Tenant) -> None:
    memory = deleted(acme, "a")
    again = remember(acme, "a")
    with pytest.raises(Conflict) as refused:
        back(memory)
    assert (refused.value.extra, seen_now(acme, memory.id).version) == ({"memory": str(again.id)}, 2)


def test_it_needs_room(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_QUOTA = 1
    memory = deleted(acme, "a")
    together = remember(acme, "b", namespace="x")
    id_ = deletion(acme, subtree="x")
    remember(acme, "c")
    with pytest.raises(QuotaReached):
        back(memory)
    with pytest.raises(QuotaReached):
        all_back(acme, id_)
    assert (contents(acme), seen_now(acme, together.id).version) == ("c", 2)


def test_it_needs_to_write_there(acme: Tenant, by: Caller) -> None:
    shown, hidden = deleted(acme, "a", namespace="shown"), deleted(acme, "b", namespace="closed")
    rule(acme, "shown/", Access.READ)
    rule(acme, "closed/", Access.NONE)
    with pytest.raises(Forbidden):
        back(shown, by)
    with pytest.raises(MemoryNotFound):
        back(hidden, by)
    assert contents(acme) == ""


# --- All that went together ---


def test_it_undoes_a_deletion_of_many_and_no_other(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "BATCH", 2)
    make_model()
    for content in "abc":
        remember(acme, content, namespace=f"x/{content}")
    deleted(acme, "d", namespace="x")
    id_ = deletion(acme, subtree="x")
    assert all_back(acme, id_) == Restored(3, left=0)
    assert contents(acme) == "abc"
    with within(acme.id):
        assert MemoryEmbedding.objects.filter(status="pending").count() == 3
        assert {memory.version for memory in Memory.objects.there()} == {3}
    ((subject, detail),) = told(acme)
    assert (subject, detail["count"], detail["namespace"]) == (f"tenant:{acme.id}", 3, "x/")
    assert all_back(acme, id_) == Restored(0, left=0)


def test_it_leaves_what_is_there_again_and_what_has_expired(acme: Tenant) -> None:
    for content in "abc":
        remember(acme, content)
    id_ = deletion(acme, subtree="default")
    again = remember(acme, "a")
    with within(acme.id):
        Memory.objects.filter(content="b").update(expires_at=timezone.now())
    assert all_back(acme, id_) == Restored(1, left=2)
    assert (contents(acme), seen_now(acme, again.id).version) == ("ac", 1)


def test_it_leaves_what_the_caller_may_not_write(acme: Tenant, by: Caller) -> None:
    for namespace in ("x", "shown", "closed"):
        remember(acme, namespace[0], namespace=namespace)
    id_ = deletion(acme, kind="fact")
    rule(acme, "shown/", Access.READ)
    rule(acme, "closed/", Access.NONE)
    assert all_back(acme, id_, by) == Restored(1, left=0)
    assert contents(acme) == "x"
    assert all_back(acme, uuid4(), by) == Restored(0, left=0)


def test_it_brings_none_back_where_somebody_stores_the_same_at_this_moment(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(acme, "a")
    id_ = deletion(acme, subtree="default")
    again = remember(acme, "a")
    monkeypatch.setattr(restore, "there_with", lambda keys: {})  # as it was when this one looked
    with pytest.raises(Conflict, match="Try again"):
        all_back(acme, id_)
    with within(acme.id):
        assert [memory.id for memory in Memory.objects.there()] == [again.id]
