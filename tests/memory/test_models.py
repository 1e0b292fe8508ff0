"""The walls around memories: PostgreSQL keeps tenants apart, both ends of a reference in one, and the counts right."""

from collections import Counter
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Model

from accounts.models import Tenant
from accounts.tenancy import platform, within
from memory.delete import delete_memory
from memory.links.create import link
from memory.models import (
    Access,
    AnsweredRequest,
    EmbeddingModel,
    Memory,
    MemoryCount,
    MemoryEmbedding,
    MemoryLink,
    MemoryVersion,
    NamespaceRule,
)
from memory.purge import purge_memory
from memory.restore import restore_memory
from memory.update import update_memory
from tests.memory.remembering import CURATOR, make_model, remember, rule

pytestmark = pytest.mark.django_db
TABLES = [
    model._meta.db_table
    for model in (Memory, MemoryEmbedding, MemoryLink, MemoryVersion, MemoryCount, NamespaceRule, AnsweredRequest)
]


def run(sql: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


def insert(row: Model) -> None:
    row.save(force_insert=True)
    run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def both_filled(acme: Tenant, globex: Tenant) -> None:
    make_model()
    for tenant in (acme, globex):
        first, second = remember(tenant, "Ada likes tea."), remember(tenant, "Ada drinks tea.")
        rule(tenant, "a/", Access.READ)
        with within(tenant.id):
            update_memory(by=CURATOR, memory_id=first.id, version=1, changes={"kind": "taste"})
            link(by=CURATOR, from_id=first.id, to_id=second.id, type="about")
            AnsweredRequest.objects.create(tenant=tenant, actor="a", key="k", digest="d")


@pytest.mark.parametrize("table", TABLES)
def test_it_shows_nothing_without_a_scope_and_only_its_own_within_one(
    both_filled: None, acme: Tenant, globex: Tenant, table: str
) -> None:
    seen = f"SELECT DISTINCT tenant_id FROM {table}"
    assert run(seen) == []
    with within(acme.id):
        assert run(seen) == [(acme.id,)]
    with platform():
        assert set(run(seen)) == {(acme.id,), (globex.id,)}


def test_what_refers_to_a_memory_is_of_its_tenant(acme: Tenant, globex: Tenant) -> None:
    """Even where nothing but the foreign key looks: in the platform's scope."""
    model = make_model()
    own, others, another = remember(acme, "own"), remember(globex, "others"), remember(acme, "another")
    rows = (
        MemoryLink(tenant=acme, from_memory=own, to_memory=others, type="about", created_by="x"),
        MemoryLink(tenant=acme, from_memory=others, to_memory=own, type="about", created_by="x"),
        MemoryLink(tenant=globex, from_memory=own, to_memory=another, type="about", created_by="x"),
        MemoryEmbedding(
            tenant=globex,
            memory=own,
            model=EmbeddingModel.objects.create(name="b", dimensions=1, state="building"),
            namespace="a/",
            kind="fact",
        ),
        MemoryVersion(tenant=acme, memory=others, version=1, facts={}, change="updated", changed_by="x"),
    )
    for row in rows:
        with pytest.raises(IntegrityError), platform():
            insert(row)
    assert model.state == "active"
    with platform():
        assert (MemoryLink.objects.count(), MemoryVersion.objects.count(), MemoryEmbedding.objects.count()) == (0, 0, 3)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"namespace": "a"}, "memory_namespace_ends"),
        ({"trust": "blind"}, "memory_trust_known"),
        (
            {"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"},
            "memory_valid_from_before_to",
        ),
    ],
)
def test_it_keeps_no_row_that_no_verb_would_write(acme: Tenant, facts: dict[str, Any], constraint: str) -> None:
    usual = {"namespace": "a/", "content": "x", "content_digest": b"x", "trust": "agent", "created_by": "x"}
    with pytest.raises(IntegrityError, match=constraint), within(acme.id):
        Memory.objects.create(tenant=acme, **usual | facts)


def test_it_links_two_and_weighs_between_nothing_and_one(acme: Tenant) -> None:
    first, second = remember(acme, "a"), remember(acme, "b")
    for other, weight, constraint in (
        (first, 1.0, "memory_link_of_two"),
        (second, 0.0, "memory_link_weight_known"),
        (second, 1.1, "memory_link_weight_known"),
    ):
        with pytest.raises(IntegrityError, match=constraint), within(acme.id):
            MemoryLink.objects.create(
                tenant=acme, from_memory=first, to_memory=other, type="about", weight=weight, created_by="x"
            )


def test_a_ready_row_has_a_vector_and_no_other_has(acme: Tenant) -> None:
    make_model()
    memory = remember(acme, "a")
    for put in ({"status": "ready"}, {"vector": [1, 2, 3]}, {"status": "failed", "vector": [1, 2, 3]}):
        with pytest.raises(IntegrityError, match="memory_embedding_ready_has_vector"), within(acme.id):
            MemoryEmbedding.objects.filter(memory=memory).update(**put)
    with pytest.raises(DataError), within(acme.id):
        MemoryEmbedding.objects.filter(memory=memory).update(status="ready", vector=[float("nan")])


def test_searches_use_one_model_at_most(acme: Tenant) -> None:
    make_model()
    with pytest.raises(IntegrityError, match="one_active_model"), transaction.atomic():
        make_model("another")


def test_it_keeps_vectors_in_their_rows() -> None:
    storage = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'memory_memoryembedding'::regclass"
    assert run(f"{storage} AND attname = 'vector'") == [("p",)]


# --- Counts ---


def counted(tenant: Tenant) -> dict[tuple[str, bool], int]:
    """By namespace and whether it is about vectors, what the rows add up to."""
    found: Counter[tuple[str, bool]] = Counter()
    with within(tenant.id):
        for namespace, model, number in MemoryCount.objects.values_list("namespace", "model", "number"):
            found[namespace, model is not None] += number
    return {key: number for key, number in found.items() if number}


def rows_counted(tenant: Tenant) -> dict[tuple[str, bool], int]:
    """The same, counted in the tables."""
    with within(tenant.id):
        memories = Memory.objects.filter(deleted_at=None).values_list("namespace", flat=True)
        ready = MemoryEmbedding.objects.filter(status="ready").values_list("namespace", flat=True)
        return Counter([(each, False) for each in memories]) + Counter([(each, True) for each in ready])


def test_counts_add_up_whatever_happens(acme: Tenant, globex: Tenant) -> None:
    make_model()
    vector = [1, 2, 3]
    first, second = remember(acme, "a", vector=vector), remember(acme, "b", namespace="x/y")
    remember(globex, "a", vector=vector)
    assert counted(acme) == {("default/", False): 1, ("default/", True): 1, ("x/y/", False): 1}
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=first.id, version=1, changes={"namespace": "z"})
    assert counted(acme) == {("z/", False): 1, ("z/", True): 1, ("x/y/", False): 1}
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=first.id, version=2, changes={"content": "c"})
        delete_memory(by=CURATOR, memory_id=second.id)
    assert counted(acme) == {("z/", False): 1} == rows_counted(acme)
    with within(acme.id):
        restore_memory(by=CURATOR, memory_id=second.id)
        update_memory(by=CURATOR, memory_id=first.id, version=3, changes={"vector": vector})
    assert counted(acme) == {("z/", False): 1, ("z/", True): 1, ("x/y/", False): 1} == rows_counted(acme)
    with within(acme.id):
        Memory.objects.all().delete()  # takes the vectors along
    assert counted(acme) == {} == rows_counted(acme)
    assert counted(globex) == {("default/", False): 1, ("default/", True): 1}


def test_a_purge_takes_along_what_belongs_to_the_memory(both_filled: None, acme: Tenant) -> None:
    with within(acme.id):
        first = Memory.objects.get(content="Ada likes tea.")
        delete_memory(by=CURATOR, memory_id=first.id)
        purge_memory(by=CURATOR, memory_id=first.id)
        left = (Memory.objects.count(), MemoryLink.objects.count(), MemoryVersion.objects.count())
        assert left == (1, 0, 0)
        assert MemoryEmbedding.objects.filter(memory=first.id).count() == 0


def test_they_are_called_what_they_say(acme: Tenant) -> None:
    memory, other = remember(acme, "a" * 100), remember(acme, "b")
    shown = MemoryLink(from_memory=memory, to_memory=other, type="about")
    assert (str(memory), str(shown)) == ("a" * 80, f"{memory.id} about {other.id}")
    assert (str(NamespaceRule(namespace="", access="read")), str(EmbeddingModel(name="x"))) == ("/: read", "x")
