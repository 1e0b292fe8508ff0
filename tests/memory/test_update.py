from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.tenancy import within
from memory.errors import MemoryNotFound
from memory.history import history_of
from memory.models import Access, Memory, MemoryEmbedding, MemoryVersion, ModelState
from memory.update import update_memory
from tests.memory.remembering import CURATOR, agent_caller, make_model, person_caller, remember, rule, seen_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


def update(memory: Memory, by: Any = CURATOR, version: int = 1, **changes: Any) -> Memory:
    with within(memory.tenant_id):
        return update_memory(by=by, memory_id=memory.id, version=version, changes=changes)


def vectors(memory: Memory) -> dict[str, Any]:
    with within(memory.tenant_id):
        rows = MemoryEmbedding.objects.filter(memory=memory).select_related("model")
        return {row.model.name: (row.status, row.namespace, row.kind) for row in rows}


def test_it_puts_what_is_named_and_keeps_what_was_said(acme: Tenant, by: Caller) -> None:
    memory = remember(acme, "Ada likes tea.", tags=["drink"], valid_from="2026-01-01T00:00:00Z")
    changed = update(memory, by, content="Ada likes coffee.", kind="taste")
    now = seen_now(acme, memory.id)
    assert (now.content, now.kind, now.tags, now.version) == ("Ada likes coffee.", "taste", ["drink"], 2)
    assert (changed.version, now.created_by) == (2, "system:curator")
    with within(acme.id):
        (earlier,) = history_of(by=by, memory_id=memory.id)
    assert (earlier.version, earlier.change, earlier.changed_by) == (1, "updated", by.actor)
    assert earlier.facts == {
        "namespace": "default/",
        "kind": "fact",
        "content": "Ada likes tea.",
        "metadata": {},
        "tags": ["drink"],
        "source": "",
        "trust": "trusted",
        "end_user": "",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": None,
        "expires_at": None,
    }


def test_it_tells_the_audit_trail_what_was_changed_but_not_to_what(acme: Tenant) -> None:
    memory = remember(acme, "a")
    update(memory, content="b", tags=["x"])
    with within(acme.id):
        (entry,) = AuditEntry.objects.filter(action="memory.updated")
    assert (entry.subject, entry.detail) == (
        f"memory:{memory.id}",
        {"namespace": "default/", "version": 2, "fields": ["content", "tags"]},
    )


def test_it_changes_nothing_where_nothing_differs(acme: Tenant) -> None:
    memory = remember(acme, "a", tags=["x"])
    assert update(memory, content="a", tags=["x"], namespace="default").version == 1
    with within(acme.id):
        assert MemoryVersion.objects.count() == 0
        assert not AuditEntry.objects.filter(action="memory.updated").exists()


@pytest.mark.parametrize(("before", "after"), [(1, True), (False, 0), ([1], [True])])
def test_it_takes_true_and_one_for_two_values(acme: Tenant, before: Any, after: Any) -> None:
    memory = remember(acme, "a", metadata={"done": before})
    assert update(memory, metadata={"done": after}).version == 2
    assert repr(seen_now(acme, memory.id).metadata) == repr({"done": after})


def test_a_number_that_postgresql_writes_in_another_way_is_the_same(acme: Tenant) -> None:
    memory = remember(acme, "a", metadata={"far": 1e22, "at": {"all": [1, 2.0]}})
    assert update(memory, metadata={"far": 1e22, "at": {"all": [1, 2.0]}}).version == 1


def test_it_wants_to_know_which_version_was_read(acme: Tenant) -> None:
    memory = remember(acme, "a")
    update(memory, content="b")
    with pytest.raises(PreconditionFailed, match="at version 2, not 1"):
        update(memory, content="c")
    assert (seen_now(acme, memory.id).content, update(memory, version=2, content="c").version) == ("b", 3)


def test_it_refuses_what_cannot_be_said(acme: Tenant) -> None:
    memory = remember(acme, "a", valid_from="2026-01-01T00:00:00Z")
    for changes in ({"content": ""}, {"id": str(uuid4())}, {"valid_to": "2025-01-01T00:00:00Z"}, {"vector": [1]}):
        with pytest.raises(Invalid):
            update(memory, **changes)
    assert seen_now(acme, memory.id).version == 1


def test_it_keeps_a_hundred_versions(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.versions.MOST_VERSIONS", 3)
    memory = remember(acme, "0")
    for number in range(1, 7):
        update(memory, version=number, content=str(number))
    with within(acme.id):
        assert [version.version for version in history_of(by=CURATOR, memory_id=memory.id)] == [6, 5, 4]


def test_it_takes_few_statements(acme: Tenant, by: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Rules, the memory, what says the same, the earlier version, savepoint and row, vectors, the audit trail."""
    make_model()
    memory = remember(acme, "a", by=by)
    with within(acme.id), django_assert_num_queries(9):
        update_memory(by=by, memory_id=memory.id, version=1, changes={"content": "b"})


# --- Who may ---


def test_it_needs_to_write_where_it_lies_and_where_it_goes(acme: Tenant, by: Caller) -> None:
    memory, read_only = remember(acme, "a"), remember(acme, "b", namespace="shown")
    hidden = remember(acme, "c", namespace="closed")
    rule(acme, "shown/", Access.READ)
    rule(acme, "closed/", Access.NONE)
    cases: list[tuple[Memory, dict[str, Any], type[Exception]]] = [
        (read_only, {"content": "x"}, Forbidden),
        (read_only, {"namespace": "default"}, Forbidden),
        (memory, {"namespace": "shown"}, Forbidden),
        (memory, {"namespace": "closed/below"}, Forbidden),
        (hidden, {"content": "x"}, MemoryNotFound),
    ]
    for other, changes, error in cases:
        with pytest.raises(error):
            update(other, by, **changes)
    assert {seen_now(acme, each.id).version for each in (memory, read_only, hidden)} == {1}


# --- What would be there twice ---


def test_it_refuses_what_the_namespace_holds_already(acme: Tenant) -> None:
    first, second = remember(acme, "a"), remember(acme, "b")
    third = remember(acme, "a", namespace="x")
    cases: list[tuple[Memory, dict[str, Any]]] = [(second, {"content": "a"}), (third, {"namespace": "default"})]
    for memory, changes in cases:
        with pytest.raises(Conflict) as refused:
            update(memory, **changes)
        assert refused.value.extra == {"memory": str(first.id)}
        assert str(first.id) in refused.value.message
    with within(acme.id):
        assert MemoryVersion.objects.count() == 0
    assert update(third, namespace="default", content="c").namespace == "default/"


def test_what_has_expired_is_in_nobodys_way(acme: Tenant) -> None:
    first, second = remember(acme, "a"), remember(acme, "b")
    with within(acme.id):
        Memory.objects.filter(id=first.id).update(expires_at=timezone.now())
    assert update(second, content="a").version == 2
    assert seen_now(acme, first.id).deleted_by == "system:expiry"


# --- Vectors ---


def test_vectors_follow_what_they_copy(acme: Tenant) -> None:
    make_model()
    make_model("next", state=ModelState.BUILDING)
    memory = remember(acme, "a", vector=[1, 2, 3])
    update(memory, namespace="x", kind="note", valid_to="2999-01-01T00:00:00Z", expires_at="2999-01-01T00:00:00Z")
    assert vectors(memory) == {"tiny": ("ready", "x/", "note"), "next": ("pending", "x/", "note")}
    with within(acme.id):
        row = MemoryEmbedding.objects.get(memory=memory, model__name="tiny")
    assert (row.valid_to, row.expires_at) == (seen_now(acme, memory.id).expires_at,) * 2


def test_another_content_waits_for_another_vector(acme: Tenant) -> None:
    make_model()
    memory = remember(acme, "a", vector=[1, 2, 3])
    update(memory, tags=["x"], metadata={"a": 1})
    assert vectors(memory) == {"tiny": ("ready", "default/", "fact")}
    update(memory, version=2, content="b")
    assert vectors(memory) == {"tiny": ("pending", "default/", "fact")}


def test_it_takes_a_vector_along(acme: Tenant) -> None:
    make_model()
    memory = remember(acme, "a")
    update(memory, content="b", vector=[3, 0, 4])
    update(memory, version=2, vector=[0, 1, 0])
    with within(acme.id):
        row = MemoryEmbedding.objects.get(memory=memory)
        (last, *_) = AuditEntry.objects.filter(action="memory.updated")
    assert (row.status, row.vector, seen_now(acme, memory.id).version) == ("ready", [0, 1, 0], 2)
    assert last.detail["fields"] == ["vector"]


# --- Trust ---


def test_what_came_from_outside_stays_untrusted_until_a_person_says_otherwise(
    acme: Tenant, by: Caller, bob: Person
) -> None:
    memory = remember(acme, "a", by=by, trust="untrusted")
    assert update(memory, by, content="b").trust == "untrusted"
    with pytest.raises(Invalid):
        update(memory, by, version=2, trust="agent")
    assert update(memory, person_caller(bob), version=2, content="c").trust == "untrusted"
    assert update(memory, person_caller(bob), version=3, trust="trusted").trust == "trusted"


def test_what_a_person_vouched_for_is_an_agents_once_an_agent_changes_it(acme: Tenant, by: Caller, bob: Person) -> None:
    memory = remember(acme, "a", by=person_caller(bob))
    assert update(memory, by, kind="note").trust == "trusted"
    assert update(memory, by, version=2, metadata={"a": 1}).trust == "agent"
    other = remember(acme, "b", by=person_caller(bob))
    assert update(other, by, content="c", trust="untrusted").trust == "untrusted"
