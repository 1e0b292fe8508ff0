import hashlib
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory import quota
from memory.create import Created, create_memories, create_memory
from memory.delete import delete_memory
from memory.errors import QuotaReached
from memory.models import Access, Memory, MemoryEmbedding, ModelState
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember, rule, seen_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


def many(tenant: Tenant, by: Any, *items: Any, atomic: bool = False) -> list[Any]:
    with within(tenant.id):
        return create_memories(tenant_id=tenant.id, by=by, items=items, atomic=atomic)


def contents(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return sorted(Memory.objects.there().values_list("content", flat=True))


def entries(tenant: Tenant) -> list[tuple[str, str, dict[str, Any]]]:
    with within(tenant.id):
        found = AuditEntry.objects.filter(action__startswith="memory.").order_by("id")
        return list(found.values_list("action", "subject", "detail"))


def test_it_keeps_what_it_is_told(acme: Tenant, by: Caller) -> None:
    facts = {"namespace": "projects/apollo", "kind": "decision", "content": "Launch on Monday.", "metadata": {"a": [1]}}
    facts |= {"tags": ["plan"], "source": "meeting", "end_user": "ada", "valid_from": "2026-11-30T00:00:00Z"}
    with within(acme.id):
        created = create_memory(tenant_id=acme.id, by=by, facts=facts)
    kept = seen_now(acme, created.memory.id)
    assert created.is_new
    assert (kept.namespace, kept.kind, kept.content, kept.metadata) == (
        *("projects/apollo/", "decision", "Launch on Monday.", {"a": [1]}),
    )
    assert (kept.tags, kept.source, kept.end_user, kept.trust) == (["plan"], "meeting", "ada", "agent")
    assert (kept.version, kept.created_by, kept.deleted_at) == (1, by.actor, None)
    assert bytes(kept.content_digest) == hashlib.sha256(b"Launch on Monday.").digest()


def test_it_tells_the_audit_trail_which_but_not_what(acme: Tenant, by: Caller) -> None:
    memory = remember(acme, "A secret plan.", by=by, namespace="a/b")
    assert entries(acme) == [
        ("memory.created", f"memory:{memory.id}", {"namespace": "a/b/", "count": 1, "ids": [str(memory.id)]})
    ]


def test_it_queues_a_vector_of_each_model(acme: Tenant) -> None:
    make_model()
    make_model("next", 4, state=ModelState.BUILDING)
    make_model("old", 4, state=ModelState.RETIRED)
    memory = remember(acme, "x", namespace="a", kind="note", expires_at="2999-01-01T00:00:00Z")
    with within(acme.id):
        rows = MemoryEmbedding.objects.filter(memory=memory).order_by("id")
        assert list(rows.values_list("model__name", "namespace", "kind", "expires_at", "status", "vector")) == [
            ("tiny", "a/", "note", memory.expires_at, "pending", None),
            ("next", "a/", "note", memory.expires_at, "pending", None),
        ]


def test_it_takes_a_vector_along(acme: Tenant) -> None:
    make_model()
    make_model("next", 4, state=ModelState.BUILDING)
    memory = remember(acme, "x", vector=[3, 0, 4])
    with within(acme.id):
        rows = {row.model.name: row for row in MemoryEmbedding.objects.filter(memory=memory).select_related("model")}
    assert (rows["tiny"].status, rows["tiny"].due_at, rows["next"].status) == ("ready", None, "pending")
    assert rows["tiny"].vector == pytest.approx([0.6, 0, 0.8], abs=1e-3)


@pytest.mark.parametrize("vector", [[1, 2], [0, 0, 0], [1, 2, "3"], [1, 2, float("nan")]])
def test_it_refuses_another_vector_and_keeps_nothing(acme: Tenant, vector: list[Any]) -> None:
    make_model()
    with pytest.raises(Invalid):
        remember(acme, "x", vector=vector)
    assert (contents(acme), entries(acme)) == ([], [])


# --- What is there already ---


def test_it_answers_with_what_the_namespace_holds_already(acme: Tenant, by: Caller) -> None:
    first = remember(acme, "x", tags=["first"])
    with within(acme.id):
        again = create_memory(tenant_id=acme.id, by=by, facts={"content": "x", "tags": ["second"]})
    assert (again.is_new, again.memory.id, again.memory.tags) == (False, first.id, ["first"])
    assert (contents(acme), len(entries(acme))) == (["x"], 1)


def test_it_tells_other_namespaces_and_other_tenants_apart(acme: Tenant, globex: Tenant) -> None:
    made = {remember(acme, "x").id, remember(acme, "x", namespace="a").id, remember(globex, "x").id}
    assert len(made) == 3


def test_it_makes_anew_what_was_deleted(acme: Tenant) -> None:
    first = remember(acme, "x")
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=first.id)
    assert remember(acme, "x").id != first.id


def test_it_puts_away_what_has_expired_and_makes_it_anew(acme: Tenant) -> None:
    make_model()
    first = remember(acme, "x", vector=[1, 2, 3])
    with within(acme.id):
        Memory.objects.filter(id=first.id).update(expires_at=timezone.now())
    second = remember(acme, "x")
    old = seen_now(acme, first.id)
    assert second.id != first.id
    assert (old.deleted_by, old.version, old.deleted_at is None) == ("system:expiry", 2, False)
    with within(acme.id):
        assert [row.memory_id for row in MemoryEmbedding.objects.all()] == [second.id]


# --- Many at once ---


def test_it_says_what_became_of_each(acme: Tenant, by: Caller) -> None:
    there = remember(acme, "there")
    rule(acme, "closed/", Access.READ)
    new, same, known, faulty, closed, odd = many(
        acme,
        by,
        *({"content": "new"}, {"content": "new", "kind": "other"}, {"content": "there"}, {"content": ""}),
        *({"content": "x", "namespace": "closed"}, "no object"),
    )
    assert (new.is_new, same.is_new, same.memory.id, known.is_new, known.memory.id) == (
        *(True, False, new.memory.id, False, there.id),
    )
    assert ([type(each) for each in (faulty, closed, odd)]) == [Invalid, Forbidden, Invalid]
    assert contents(acme) == ["new", "there"]


def test_it_keeps_all_or_none(acme: Tenant, by: Caller) -> None:
    with pytest.raises(Invalid) as refused:
        many(acme, by, {"content": "a"}, {"content": "", "kind": "!"}, {"content": "c", "x": 1}, atomic=True)
    assert [fault.path for fault in refused.value.faults] == [
        *("$.memories[1].content", "$.memories[1].kind", "$.memories[2].x")
    ]
    rule(acme, "closed/", Access.NONE)
    with pytest.raises(Forbidden):
        many(acme, by, {"content": ""}, {"content": "c", "namespace": "closed"}, atomic=True)
    assert (contents(acme), entries(acme)) == ([], [])
    made = many(acme, by, {"content": "a"}, {"content": "b"}, atomic=True)
    assert [isinstance(each, Created) and each.is_new for each in made] == [True, True]


def test_it_writes_one_entry_for_a_request(acme: Tenant, by: Caller) -> None:
    made = many(acme, by, *({"content": str(number), "namespace": f"a/{number % 2}"} for number in range(30)))
    ((action, subject, detail),) = entries(acme)
    assert (action, subject) == ("memory.created", f"tenant:{acme.id}")
    assert detail == {"namespace": "a/", "count": 30, "ids": [str(each.memory.id) for each in made[:20]]}


def test_it_takes_one_to_a_hundred(acme: Tenant, by: Caller) -> None:
    assert len(many(acme, by, *({"content": str(number)} for number in range(100)))) == 100
    for number in (0, 101):
        with pytest.raises(Invalid):
            many(acme, by, *[{"content": "one more"}] * number)
    assert len(contents(acme)) == 100


def test_it_takes_the_same_statements_for_one_and_for_a_hundred(
    acme: Tenant, by: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Rules, memories, the models and their lock, vectors, the audit trail.

    The first one of a minute reads the tenant's policy and its secrets, too.
    """
    make_model()
    remember(acme, "first", by=by)
    with within(acme.id):
        with django_assert_num_queries(6):
            create_memory(tenant_id=acme.id, by=by, facts={"content": "one"})
        with django_assert_num_queries(6):
            items = [{"content": str(number), "namespace": f"a/{number}"} for number in range(100)]
            create_memories(tenant_id=acme.id, by=by, items=items, atomic=False)
        with django_assert_num_queries(3):
            create_memory(tenant_id=acme.id, by=by, facts={"content": "one"})


# --- Who may ---


def test_it_writes_only_where_the_caller_may(acme: Tenant, by: Caller, scout: Agent) -> None:
    rule(acme, "a/", Access.NONE)
    rule(acme, "a/own/", Access.WRITE, scout)
    remember(acme, "x", by=by, namespace="a/own")
    for other, namespace in ((by, "a"), (by, "a/other"), (agent_caller(scout, Role.VIEWER), "default")):
        with pytest.raises(Forbidden):
            remember(acme, "y", by=other, namespace=namespace)
    assert contents(acme) == ["x"]


# --- Quota ---


def test_it_keeps_no_more_than_the_quota(acme: Tenant, by: Caller, settings: Any) -> None:
    settings.MEMORY_QUOTA = 2
    remember(acme, "a")
    became = many(acme, by, {"content": "b"}, {"content": "c"}, {"content": "a"}, {"content": "b"})
    assert [type(each) for each in became] == [Created, QuotaReached, Created, Created]
    with pytest.raises(QuotaReached):
        many(acme, by, {"content": "d"}, atomic=True)
    with pytest.raises(QuotaReached):
        remember(acme, "d")
    assert (contents(acme), remember(acme, "a").content) == (["a", "b"], "a")
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=remember(acme, "a").id)
    assert remember(acme, "d").content == "d"
    assert quota.NEAR > 2
