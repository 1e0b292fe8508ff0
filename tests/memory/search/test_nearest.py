"""Which way is taken, with thresholds so low that few rows are many."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from memory.access import ALL
from memory.models import EmbeddingModel, IndexState, RecallSample, VectorIndex
from memory.sampling.timings import HOURS, read_timings
from memory.search import nearest, plan
from memory.search.conditions import Leaf, Op
from memory.search.nearest import Nearest, find_nearest
from memory.search.scope import scope_of
from memory.search.types import Route, SearchRequest
from tests.memory.search.rows import DIMENSIONS, along, make_model, remember_many
from tests.patience import until
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "EXACT_ROWS", 100)
    monkeypatch.setattr(plan, "EXACT_MATCHES", 200)


@pytest.fixture
def many(acme: Tenant, globex: Tenant) -> EmbeddingModel:
    model = make_model()
    with within(acme.id):
        remember_many(acme, model, 1_000)
        remember_many(acme, model, 80, namespace="few/")
    with within(globex.id):
        remember_many(globex, model, 500)
    return model


@pytest.fixture
def index(acme: Tenant, many: EmbeddingModel, servers: Servers) -> Iterator[VectorIndex]:
    """Acme's own."""
    with servers.connect_as_superuser() as owner:
        owner.execute(
            f"CREATE INDEX tried ON memory_memoryembedding USING hnsw ((vector::halfvec({DIMENSIONS})) "
            f"halfvec_cosine_ops) WHERE model_id = {many.id} AND status = 'ready' AND tenant_id = '{acme.id}'"
        )
        owner.execute("ANALYZE memory_memoryembedding, memory_memory")
    yield VectorIndex.objects.create(name="tried", model=many, tenant=acme, state=IndexState.READY, rows=1_080)
    with servers.connect_as_superuser() as owner:
        owner.execute("DROP INDEX tried")


def find(tenant: Tenant, model: EmbeddingModel, limit: int = 10, **asked: object) -> Nearest:
    request = SearchRequest(**asked)  # type: ignore[arg-type]
    with within(tenant.id):
        scope = scope_of(ALL, request, timezone.now())
        return find_nearest(tenant_id=tenant.id, scope=scope, model=model, vector=along(1, 2, 3), limit=limit)


def route(found: Nearest) -> tuple[Route, str, int, bool]:
    return found.route, found.index, found.scanned, found.fell_back


def test_it_looks_at_nothing_where_there_is_nothing(acme: Tenant, many: EmbeddingModel) -> None:
    assert find(acme, many, subtree="nowhere/") == Nearest((), Route.NONE)


def test_it_compares_few(acme: Tenant, index: VectorIndex) -> None:
    assert route(find(acme, index.model, subtree="few/")) == (Route.EXACT, "", 80, False)


def test_it_takes_the_own_index_for_many_and_finds_the_same(acme: Tenant, index: VectorIndex) -> None:
    by_index = find(acme, index.model)
    VectorIndex.objects.all().delete()
    compared = find(acme, index.model)
    assert route(by_index) == (Route.ANN, "own", 300, False)
    assert route(compared) == (Route.EXACT, "", 1_080, False)
    assert by_index.near == compared.near


def test_it_takes_no_index_of_another_tenant(globex: Tenant, index: VectorIndex) -> None:
    assert route(find(globex, index.model)) == (Route.EXACT, "", 500, False)


def test_it_compares_what_conditions_leave(acme: Tenant, index: VectorIndex) -> None:
    found = find(acme, index.model, where=Leaf(("n",), Op.LE, 50))
    assert route(found) == (Route.EXACT, "", 100, False)


def test_it_takes_the_index_where_conditions_leave_many(acme: Tenant, index: VectorIndex) -> None:
    found = find(acme, index.model, where=Leaf(("n",), Op.GT, 100))
    assert route(found) == (Route.ANN, "own", 1_000, False)


def test_it_compares_all_after_all_where_the_index_gives_too_little(
    acme: Tenant, index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "EXACT_MATCHES", 0)
    found = find(acme, index.model, where=Leaf(("n",), Op.LE, 3))
    assert route(found) == (Route.EXACT, "own", 1_080, True)
    assert len(found.near) == 6


def test_it_goes_on_when_there_are_more_than_were_counted(
    acme: Tenant, many: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "EXACT_ROWS", 30)
    monkeypatch.setattr(nearest, "weigh", lambda **_: type("Few", (), {"scope": 20, "tenant": 20})())
    assert find(acme, many).route is Route.EXACT


def test_it_costs_two_queries_for_few_and_five_by_an_index(acme: Tenant, index: VectorIndex) -> None:
    counts = []
    for subtree in ("few/", ""):
        with CaptureQueriesContext(connection) as queries:
            find(acme, index.model, subtree=subtree)
        asked = [query["sql"] for query in queries if "qm.tenant" not in query["sql"]]
        counts.append(len([sql for sql in asked if sql not in {"BEGIN", "COMMIT"}]))
    assert counts == [2, 5]


def test_it_tells_how_long_it_took_and_has_an_indexs_answer_looked_at_again(
    acme: Tenant, globex: Tenant, index: VectorIndex, settings: LazySettings
) -> None:
    settings.MEMORY_RECALL_SAMPLE = 1.0
    find(acme, index.model, subtree="few/")
    find(acme, index.model)

    def samples() -> list[RecallSample]:
        with within(acme.id):
            return list(RecallSample.objects.all())

    until(lambda: bool(samples()))
    (sample,) = samples()
    assert (sample.route, sample.index, sample.wanted, sample.found, sample.recall) == ("ann", "own", 10, 10, 1.0)
    (hour,) = read_timings(tenant_id=acme.id, step=HOURS)
    assert {route: spread.number for route, spread in hour.by_route.items()} == {"exact": 1, "ann": 1}
    assert read_timings(tenant_id=globex.id, step=HOURS) == []


def test_where_there_is_nothing_nothing_is_told(acme: Tenant, many: EmbeddingModel) -> None:
    find(acme, many, subtree="nowhere/")
    assert read_timings(tenant_id=acme.id, step=HOURS) == []
