from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Forbidden, Invalid, PreconditionFailed
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory import delete
from memory.delete import Deleted, delete_matching, delete_memory
from memory.errors import MemoryNotFound
from memory.history import history_of
from memory.models import Access, Memory, MemoryEmbedding
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember, rule, seen_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


def contents(tenant: Tenant) -> str:
    with within(tenant.id):
        return "".join(sorted(Memory.objects.there().values_list("content", flat=True)))


def matching(tenant: Tenant, by: Any = CURATOR, **which: Any) -> Deleted:
    with within(tenant.id):
        return delete_matching(by=by, **which)


def told(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="memory.deleted").values_list("subject", "detail"))


# --- One ---


def test_it_deletes_so_that_it_can_be_undone(acme: Tenant, by: Caller) -> None:
    make_model()
    memory = remember(acme, "a", vector=[1, 2, 3])
    with within(acme.id):
        deleted = delete_memory(by=by, memory_id=memory.id)
    row = seen_now(acme, memory.id)
    assert (row.content, row.version, row.deleted_by) == ("a", 2, by.actor)
    assert (deleted.version, deleted.deleted_at, deleted.deleted_by) == (2, row.deleted_at, by.actor)
    with within(acme.id):
        assert MemoryEmbedding.objects.count() == 0
        (earlier,) = history_of(by=by, memory_id=memory.id, deleted=True)
        assert (earlier.version, earlier.change, earlier.facts) == (1, "deleted", {})
    detail = {"namespace": "default/", "count": 1, "ids": [str(memory.id)], "deletion": str(row.deletion_id)}
    assert told(acme) == [(f"memory:{memory.id}", detail)]


def test_it_deletes_the_version_that_was_read_where_that_is_named(acme: Tenant, by: Caller) -> None:
    memory = remember(acme, "a")
    with pytest.raises(PreconditionFailed), within(acme.id):
        delete_memory(by=by, memory_id=memory.id, version=2)
    assert contents(acme) == "a"
    with within(acme.id):
        delete_memory(by=by, memory_id=memory.id, version=1)
    with pytest.raises(MemoryNotFound), within(acme.id):
        delete_memory(by=by, memory_id=memory.id)


def test_it_deletes_only_where_the_caller_may_write(acme: Tenant, by: Caller, scout: Agent) -> None:
    memory = remember(acme, "a", namespace="shown")
    rule(acme, "shown/", Access.READ)
    for other in (by, agent_caller(scout, Role.VIEWER)):
        with pytest.raises(Forbidden), within(acme.id):
            delete_memory(by=other, memory_id=memory.id)
    assert (contents(acme), told(acme)) == ("a", [])


# --- Many ---


@pytest.fixture
def four(acme: Tenant) -> None:
    remember(acme, "a", namespace="x", kind="note")
    remember(acme, "b", namespace="x/y", kind="note", tags=["red"])
    remember(acme, "c", namespace="x/y", end_user="ada")
    remember(acme, "d", namespace="z", kind="note")


@pytest.mark.parametrize(
    ("which", "left"),
    [
        ({"subtree": "x"}, "d"),
        ({"subtree": "x/y", "kind": "note"}, "acd"),
        ({"kind": "note"}, "c"),
        ({"tags": ["red"]}, "acd"),
        ({"end_user": "ada", "subtree": ""}, "abd"),
        ({"subtree": "w"}, "abcd"),
    ],
)
def test_it_deletes_what_answers_to_all_conditions(acme: Tenant, four: None, which: dict[str, Any], left: str) -> None:
    would = matching(acme, dry_run=True, **which)
    assert (would, contents(acme), told(acme)) == (Deleted(4 - len(left), is_whole=True, id=None), "abcd", [])
    deleted = matching(acme, **which)
    assert (deleted.count, deleted.is_whole, contents(acme)) == (4 - len(left), True, left)
    assert (deleted.id is None, len(told(acme))) == ((True, 0) if left == "abcd" else (False, 1))


@pytest.mark.parametrize("which", [{}, {"subtree": ""}, {"subtree": "/", "kind": None, "tags": []}, {"tags": ()}])
def test_it_refuses_to_delete_everything_by_accident(acme: Tenant, four: None, which: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        matching(acme, **which)
    assert contents(acme) == "abcd"


def test_it_needs_to_write_in_all_of_the_subtree(acme: Tenant, four: None, by: Caller) -> None:
    rule(acme, "x/y/", Access.READ)
    for which in ({"subtree": "x"}, {"subtree": "x/y/z"}, {"kind": "note"}):
        for dry_run in (True, False):
            with pytest.raises(Forbidden):
                matching(acme, by, dry_run=dry_run, **which)
    assert contents(acme) == "abcd"
    assert matching(acme, by, subtree="z").count == 1


def test_it_tells_of_many_in_one_entry(acme: Tenant, four: None, by: Caller) -> None:
    deleted = matching(acme, by, subtree="x")
    ((subject, detail),) = told(acme)
    with within(acme.id):
        ids = [str(memory.id) for memory in Memory.objects.deleted().order_by("id")]
    assert subject == f"tenant:{acme.id}"
    assert detail == {"namespace": "x/", "count": 3, "ids": ids, "deletion": str(deleted.id)}


def test_it_stops_after_so_many(acme: Tenant, four: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delete, "MOST_MATCHING", 3)
    monkeypatch.setattr(delete, "BATCH", 2)
    assert matching(acme, trust="trusted", dry_run=True) == Deleted(3, is_whole=False, id=None)
    deleted = matching(acme, trust="trusted")
    assert (deleted.count, deleted.is_whole, contents(acme)) == (3, False, "d")
    assert matching(acme, trust="trusted").is_whole
    assert contents(acme) == ""


def test_it_takes_the_same_statements_for_a_few_and_for_a_hundred(
    acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The batch, versions, memories, vectors, the next batch, whether any is left, the audit trail."""
    for number in range(100):
        remember(acme, str(number), namespace="few" if number < 3 else "many")
    for subtree in ("few", "many"):
        with within(acme.id), django_assert_num_queries(7):
            delete_matching(by=CURATOR, subtree=subtree)
