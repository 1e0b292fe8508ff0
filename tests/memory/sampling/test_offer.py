import threading
from collections.abc import Sequence
from queue import Queue

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, InterfaceError
from pgvector.django import CosineDistance
from prometheus_client import REGISTRY
from psycopg_pool import PoolTimeout

from accounts.models import Tenant
from accounts.tenancy import current_scope, within
from memory.models import EmbeddingModel, MemoryEmbedding, RecallSample
from memory.sampling import offer as offering
from memory.sampling.offer import Answered, look_again, offer, recall_of
from tests.memory.vectors import DIMENSIONS, make_memories, make_model
from tests.patience import until

pytestmark = pytest.mark.django_db

QUESTION = [1.0] + [0.5] * (DIMENSIONS - 1)


@pytest.fixture
def model(db: None) -> EmbeddingModel:
    return make_model()


def answered(tenant: Tenant, model: EmbeddingModel, distances: Sequence[float]) -> Answered:
    return Answered(tenant.id, model.id, "ann", "own", wanted=4, distances=distances, ms=1.5)


def nearest() -> list[float]:
    """The distances of the four vectors nearest to the question, of the scope's tenant."""
    rows = MemoryEmbedding.objects.annotate(distance=CosineDistance("vector", QUESTION)).order_by("distance")
    return list(rows.values_list("distance", flat=True)[:4])


def samples(tenant: Tenant) -> list[RecallSample]:
    with within(tenant.id):
        return list(RecallSample.objects.all())


def low() -> float:
    return REGISTRY.get_sample_value("quartermaster_memory_recall_low_total", {"index": "own"}) or 0


@pytest.mark.parametrize(
    ("found", "exact", "recall"),
    [
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], 1.0),
        ([0.1, 0.3, 0.4], [0.1, 0.2, 0.3], 2 / 3),
        ([0.4, 0.5], [0.1, 0.2], 0.0),
        ([], [0.1, 0.2], 0.0),
        # Fewer than were asked for.
        ([0.1], [0.1, 0.2], 0.5),
        # Two memories that say the same: either one will do.
        ([0.1, 0.2, 0.2, 0.2], [0.1, 0.2], 1.0),
        ([0.2 + 1e-9], [0.2], 1.0),
    ],
)
def test_recall_is_the_share_of_the_nearest_that_was_found(
    found: list[float], exact: list[float], recall: float
) -> None:
    assert recall_of(found, exact) == pytest.approx(recall)


def test_a_sample_is_written_down_with_its_recall(acme: Tenant, globex: Tenant, model: EmbeddingModel) -> None:
    make_memories(acme, *["a/"] * 10, model=model)
    make_memories(globex, *["a/"] * 10, model=model)
    with within(acme.id):
        first, _, third, _ = nearest()
    before = low()
    assert look_again(answered(acme, model, [first, third]), nearest) == 0.5
    (sample,) = samples(acme)
    assert (sample.route, sample.index, sample.wanted, sample.found, sample.recall) == ("ann", "own", 4, 2, 0.5)
    assert (sample.model_id, sample.ann_ms) == (model.id, 1.5)
    assert sample.exact_ms > 0
    assert samples(globex) == []
    assert low() == before + 1


def test_a_sample_that_found_all_is_not_low(acme: Tenant, model: EmbeddingModel) -> None:
    make_memories(acme, *["a/"] * 10, model=model)
    with within(acme.id):
        distances = nearest()
    before = low()
    assert look_again(answered(acme, model, distances), nearest) == 1.0
    assert low() == before


def test_where_there_is_nothing_to_find_there_is_no_sample(acme: Tenant, model: EmbeddingModel) -> None:
    assert look_again(answered(acme, model, []), nearest) is None
    assert samples(acme) == []


@pytest.mark.django_db(transaction=True)
def test_a_search_that_is_chosen_is_looked_at_beside_the_one_who_searched(
    acme: Tenant, model: EmbeddingModel, settings: LazySettings
) -> None:
    settings.MEMORY_RECALL_SAMPLE = 1.0
    make_memories(acme, *["a/"] * 10, model=model)
    with within(acme.id):
        distances = nearest()
    scopes: list[object] = []

    def exactly() -> Sequence[float]:
        scopes.append((current_scope().tenant_id, threading.current_thread().name))
        return nearest()

    offer(answered(acme, model, distances[:3]), exactly)
    until(lambda: bool(samples(acme)))
    assert [sample.recall for sample in samples(acme)] == [0.75]
    assert scopes == [(acme.id, "recall")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [DatabaseError, InterfaceError, PoolTimeout])
def test_a_sample_that_fails_is_lost_and_the_next_one_is_not(
    acme: Tenant,
    model: EmbeddingModel,
    settings: LazySettings,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    settings.MEMORY_RECALL_SAMPLE = 1.0
    make_memories(acme, *["a/"] * 10, model=model)

    def fail() -> Sequence[float]:
        raise error("gone")

    offer(answered(acme, model, []), fail)
    until(lambda: "memory_sample_lost" in [getattr(record, "action", "") for record in caplog.records])
    assert samples(acme) == []
    offer(answered(acme, model, []), nearest)
    until(lambda: bool(samples(acme)))


def test_most_searches_are_not_looked_at(
    acme: Tenant, model: EmbeddingModel, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: Queue[object] = Queue()
    monkeypatch.setattr(offering, "_sampler", lambda pid: taken)
    monkeypatch.setattr("memory.sampling.offer.random.random", iter([0.0049, 0.005, 0.9]).__next__)
    settings.MEMORY_RECALL_SAMPLE = 0.005
    for _ in range(3):
        offer(answered(acme, model, []), nearest)
    assert taken.qsize() == 1


def test_what_comes_while_it_is_busy_is_dropped(
    acme: Tenant, model: EmbeddingModel, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEMORY_RECALL_SAMPLE = 1.0
    taken: Queue[object] = Queue(1)
    monkeypatch.setattr(offering, "_sampler", lambda pid: taken)
    offer(answered(acme, model, []), nearest)
    offer(answered(acme, model, []), nearest)
    assert taken.qsize() == 1
