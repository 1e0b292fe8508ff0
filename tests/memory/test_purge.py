from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory import purge
from memory.delete import delete_matching, delete_memory
from memory.errors import MemoryNotFound
from memory.models import Access, Memory, MemoryVersion
from memory.purge import Purged, purge_matching, purge_memory
from tests.memory.remembering import CURATOR, agent_caller, person_caller, remember, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(alice: Person) -> Caller:
    return person_caller(alice)


def deleted(tenant: Tenant, content: str, **facts: Any) -> Memory:
    memory = remember(tenant, content, **facts)
    with within(tenant.id):
        return delete_memory(by=CURATOR, memory_id=memory.id)


def rows(tenant: Tenant) -> str:
    with within(tenant.id):
        return "".join(sorted(Memory.objects.values_list("content", flat=True)))


def told(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="memory.purged").values_list("subject", "detail"))


def test_it_removes_a_deleted_memory_for_good(acme: Tenant, by: Caller) -> None:
    memory = deleted(acme, "a")
    with within(acme.id):
        purge_memory(by=by, memory_id=memory.id)
        assert MemoryVersion.objects.count() == 0
    assert rows(acme) == ""
    assert told(acme) == [(f"memory:{memory.id}", {"namespace": "default/", "count": 1, "ids": [str(memory.id)]})]


def test_it_removes_none_that_is_not_deleted(acme: Tenant, by: Caller) -> None:
    memory = remember(acme, "a")
    with pytest.raises(Conflict, match="not deleted"), within(acme.id):
        purge_memory(by=by, memory_id=memory.id)
    assert (rows(acme), told(acme)) == ("a", [])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_is_for_those_who_run_the_tenant(acme: Tenant, scout: Agent, role: Role) -> None:
    memory = deleted(acme, "a")
    for work in (
        lambda by: purge_memory(by=by, memory_id=memory.id),
        lambda by: purge_matching(by=by, subtree="default"),
    ):
        with pytest.raises(Forbidden), within(acme.id):
            work(agent_caller(scout, role))
    assert rows(acme) == "a"


def test_even_there_the_rules_of_namespaces_hold(acme: Tenant, scout: Agent) -> None:
    admin = agent_caller(scout, Role.ADMIN)
    shown, hidden = deleted(acme, "a", namespace="shown"), deleted(acme, "b", namespace="closed")
    rule(acme, "shown/", Access.READ)
    rule(acme, "closed/", Access.NONE)
    for memory, error in ((shown, Forbidden), (hidden, MemoryNotFound)):
        with pytest.raises(error), within(acme.id):
            purge_memory(by=admin, memory_id=memory.id)
    with pytest.raises(Forbidden), within(acme.id):
        purge_matching(by=admin, subtree="", kind="fact")
    assert rows(acme) == "ab"


# --- Many ---


def test_it_removes_those_that_are_deleted_and_answer_to_all_conditions(acme: Tenant, by: Caller) -> None:
    for content in "abc":
        deleted(acme, content, namespace=f"x/{content}")
    remember(acme, "d", namespace="x")
    with within(acme.id):
        assert purge_matching(by=by, subtree="x", dry_run=True) == Purged(3, is_whole=True)
        assert purge_matching(by=by, subtree="x/c") == Purged(1, is_whole=True)
    assert rows(acme) == "abd"
    with within(acme.id):
        assert purge_matching(by=by, subtree="x") == Purged(2, is_whole=True)
        assert purge_matching(by=by, subtree="x") == Purged(0, is_whole=True)
    assert rows(acme) == "d"
    assert [(subject.partition(":")[0], detail["count"], detail["namespace"]) for subject, detail in told(acme)] == [
        *(("tenant", 2, "x/"), ("memory", 1, "x/c/")),
    ]


def test_it_removes_those_that_were_deleted_long_ago(acme: Tenant, by: Caller) -> None:
    old, new = deleted(acme, "a"), deleted(acme, "b")
    since = timezone.now() - timedelta(days=30)
    with within(acme.id):
        Memory.objects.filter(id=old.id).update(deleted_at=since - timedelta(seconds=1))
        assert purge_matching(by=by, deleted_before=since) == Purged(1, is_whole=True)
    assert (rows(acme), new.content) == ("b", "b")


def test_it_refuses_to_remove_everything_by_accident(acme: Tenant, by: Caller) -> None:
    deleted(acme, "a")
    with pytest.raises(Invalid), within(acme.id):
        purge_matching(by=by, subtree="/")
    assert rows(acme) == "a"


def test_it_stops_after_so_many(acme: Tenant, by: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "MOST_MATCHING", 3)
    monkeypatch.setattr(purge, "BATCH", 2)
    for content in "abcd":
        remember(acme, content)
    with within(acme.id):
        delete_matching(by=by, subtree="default")
        assert purge_matching(by=by, subtree="default", dry_run=True) == Purged(3, is_whole=False)
        assert purge_matching(by=by, subtree="default") == Purged(3, is_whole=False)
    assert rows(acme) == "d"
