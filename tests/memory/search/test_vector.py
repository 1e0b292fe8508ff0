import random
from collections.abc import Iterator
from datetime import timedelta
from math import hypot
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from accounts.tenancy import within
from memory.access import ALL
from memory.models import Memory, ModelState
from memory.search.conditions import Leaf, Op
from memory.search.scope import scope_of
from memory.search.types import SearchRequest
from memory.search.vector import compare, compare_all, follow
from tests.memory.search.rows import DIMENSIONS, along, make_model, remember, remember_many
from tests.servers import Servers

KINDS, TAGS, NAMESPACES = ["fact", "event"], ["x", "y"], ["a/", "a/b/", "ab/", "c/"]


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / hypot(*one) / hypot(*other)


@pytest.fixture
def many(acme: Tenant) -> Iterator[list[tuple[Memory, list[float]]]]:
    """Sixty of them, in several namespaces, of which halves can tell no two apart wrongly."""
    chance = random.Random(7)
    model, other = make_model(), make_model("others-8", state=ModelState.BUILDING)
    with within(acme.id):
        made = []
        for number in range(60):
            vector = [float(chance.randint(-8, 8)) for _ in range(DIMENSIONS - 1)] + [1.0]
            memory = remember(
                acme,
                f"memory {number}",
                model=model,
                vector=vector,
                namespace=chance.choice(NAMESPACES),
                kind=chance.choice(KINDS),
                tags=chance.sample(TAGS, chance.randint(0, 2)),
                metadata={"n": number},
                end_user=chance.choice(["", "ada"]),
            )
            made.append((memory, vector))
        remember(acme, "of another model", model=other, vector=along(1))
        yield made


vectors = st.lists(st.integers(-8, 8), min_size=DIMENSIONS, max_size=DIMENSIONS).filter(any)
requests = st.builds(
    SearchRequest,
    subtree=st.sampled_from(["", "a/", "a/b/", "nowhere/"]),
    kinds=st.sampled_from([(), ("fact",), ("fact", "event")]),
    tags=st.sampled_from([(), ("x",), ("x", "y")]),
    where=st.sampled_from([None, Leaf(("n",), Op.LT, 30)]),
    end_user=st.sampled_from([None, "ada"]),
)


def fits(memory: Memory, request: SearchRequest) -> bool:
    return (
        memory.namespace.startswith(request.subtree)
        and (not request.kinds or memory.kind in request.kinds)
        and set(request.tags) <= set(memory.tags)
        and (request.where is None or memory.metadata["n"] < 30)
        and request.end_user in (None, memory.end_user)
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(vector=vectors, request=requests, limit=st.integers(1, 20))
def test_it_finds_what_comparing_in_python_finds(
    many: list[tuple[Memory, list[float]]], vector: list[float], request: SearchRequest, limit: int
) -> None:
    model_id = many[0][0].embeddings.get().model_id
    scope = scope_of(ALL, request, timezone.now())
    fitting = scope.memories() if scope.asks_memories else None
    expected = sorted((-cosine(vector, other) for memory, other in many if fits(memory, request)))
    compared = compare(scope.vectors(model_id), vector, limit=limit, most=1_000, fitting=fitting)
    assert compared is not None
    assert [-near.similarity for near in compared.nearest] == pytest.approx(expected[:limit], abs=1e-5)
    assert compared.scanned == len(expected)
    assert compare_all(scope.fitting_vectors(model_id), vector, limit=limit) == compared.nearest
    similarities = {memory.id: cosine(vector, other) for memory, other in many}
    assert all(near.similarity == pytest.approx(similarities[near.memory_id], abs=1e-5) for near in compared.nearest)


def test_it_leaves_out_what_is_expired_or_not_valid_now(acme: Tenant) -> None:
    model, now, hour = make_model(), timezone.now(), timedelta(hours=1)
    times: dict[str, dict[str, Any]] = {
        "now": {"valid_from": now - hour, "valid_to": now + hour, "expires_at": now + hour},
        "ever": {},
        "expired": {"expires_at": now - hour},
        "over": {"valid_to": now - hour},
        "to come": {"valid_from": now + hour},
    }
    with within(acme.id):
        contents = {
            remember(acme, name, model=model, vector=along(1), **facts).id: name for name, facts in times.items()
        }

        def found(request: SearchRequest) -> set[str]:
            compared = compare(scope_of(ALL, request, now).vectors(model.id), along(1), limit=10, most=10)
            return {contents[near.memory_id] for near in compared.nearest} if compared else set()

        assert found(SearchRequest()) == {"now", "ever"}
        assert found(SearchRequest(any_time=True)) == {"now", "ever", "over", "to come"}
        assert found(SearchRequest(valid_at=now - 2 * hour)) == {"ever", "over"}
        assert found(SearchRequest(valid_at=now + 2 * hour)) == {"ever", "to come"}


def test_it_gives_up_on_more_than_it_may_compare(many: list[tuple[Memory, list[float]]]) -> None:
    rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(many[0][0].embeddings.get().model_id)
    assert compare(rows, along(1), limit=5, most=59) is None
    assert compare(rows, along(1), limit=5, most=60) is not None
    assert compare(rows, along(1), limit=5, most=59, fitting=Memory.objects.all()) is None
    assert compare(rows, along(1), limit=5, most=61, fitting=Memory.objects.all()) is not None


def test_it_has_no_index_in_mind_when_it_compares(many: list[tuple[Memory, list[float]]]) -> None:
    rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(many[0][0].embeddings.get().model_id)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        compare(rows, along(1), limit=5, most=100)
    (query,) = queries.captured_queries
    assert "halfvec(" not in query["sql"]
    assert 'memory_memory"' not in query["sql"]


class TestByAnIndex:
    """Committed, so that PostgreSQL has counted the rows before it plans."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def indexed(self, acme: Tenant, globex: Tenant, servers: Servers) -> Iterator[int]:
        model = make_model()
        for tenant in (acme, globex):
            with within(tenant.id):
                remember_many(tenant, model, 3_000)
                remember_many(tenant, model, 300, namespace="few/")
        with servers.connect_as_superuser() as owner:
            owner.execute(
                f"CREATE INDEX tried ON memory_memoryembedding USING hnsw ((vector::halfvec({DIMENSIONS})) "
                f"halfvec_cosine_ops) WHERE model_id = {model.id} AND status = 'ready'"
            )
            owner.execute("ANALYZE memory_memoryembedding, memory_memory")
        yield model.id
        with servers.connect_as_superuser() as owner:
            owner.execute("DROP INDEX tried")

    def test_it_takes_the_index_only_when_it_is_to(self, acme: Tenant, indexed: int) -> None:
        with within(acme.id):
            rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(indexed)
            with plans_of_queries() as plans:
                follow(rows, rows, along(1, 2), dimensions=DIMENSIONS, limit=10, ef=200)
                compare(rows, along(1, 2), limit=10, most=10_000)
        followed, compared = plans
        assert "Index Scan using tried" in followed
        assert "tried" not in compared

    def test_it_compares_what_an_index_on_namespaces_gives(self, acme: Tenant, indexed: int) -> None:
        with within(acme.id):
            rows = scope_of(ALL, SearchRequest(subtree="few/"), timezone.now()).vectors(indexed)
            with plans_of_queries() as plans:
                compare(rows, along(1, 2), limit=10, most=10_000)
        assert "memory_embedding_scope" in plans[0]

    def test_it_finds_nearly_all_and_in_order(self, acme: Tenant, indexed: int) -> None:
        with within(acme.id):
            rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(indexed)
            followed = follow(rows, rows, along(1, 2, 3), dimensions=DIMENSIONS, limit=50, ef=200)
            exact = compare_all(rows, along(1, 2, 3), limit=50)
        distances = [near.distance for near in followed.nearest]
        assert distances == sorted(distances)
        assert len(followed.nearest) == 50
        assert len({near.memory_id for near in followed.nearest} & {near.memory_id for near in exact}) >= 48
        assert 50 <= followed.scanned < 200  # the others are another tenant's

    def test_it_finds_nothing_of_another_tenant(self, acme: Tenant, globex: Tenant, indexed: int) -> None:
        with within(acme.id):
            rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(indexed)
            followed = follow(rows, rows, along(1), dimensions=DIMENSIONS, limit=50, ef=200)
        with within(globex.id):
            assert not Memory.objects.filter(id__in=[near.memory_id for near in followed.nearest]).exists()

    def test_it_takes_the_index_for_conditions_on_memories_too(self, acme: Tenant, indexed: int) -> None:
        request = SearchRequest(where=Leaf(("n",), Op.GT, 1_500))
        with within(acme.id):
            rows = scope_of(ALL, request, timezone.now()).fitting_vectors(indexed)
            with plans_of_queries() as plans:
                followed = follow(rows, rows, along(1, 2), dimensions=DIMENSIONS, limit=10, ef=200)
            found = Memory.objects.filter(id__in=[near.memory_id for near in followed.nearest])
            assert all(memory.metadata["n"] > 1_500 for memory in found)
        assert "Index Scan using tried" in plans[0]
        assert len(followed.nearest) == 10

    def test_it_leaves_no_setting_behind(self, acme: Tenant, indexed: int) -> None:
        names = ["hnsw.ef_search", "enable_sort", "enable_hashjoin", "enable_mergejoin"]
        with within(acme.id):
            rows = scope_of(ALL, SearchRequest(), timezone.now()).vectors(indexed)
            follow(rows, rows, along(1), dimensions=DIMENSIONS, limit=10, ef=200)
            with connection.cursor() as cursor:
                cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
                assert cursor.fetchone() == ("40", "on", "on", "on")


class plans_of_queries:  # noqa: N801  read as a word: `with plans_of_queries() as plans`
    """The plan of each SELECT of vectors, as PostgreSQL makes it with the settings of that moment."""

    def __enter__(self) -> list[str]:
        self.plans: list[str] = []
        self.wrapper = connection.execute_wrapper(self._explain)
        self.wrapper.__enter__()
        return self.plans

    def __exit__(self, *error: object) -> None:
        self.wrapper.__exit__(None, None, None)

    def _explain(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "<=>" in sql and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                self.plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)
