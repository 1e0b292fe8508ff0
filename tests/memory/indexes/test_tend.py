import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection, connections
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import platform, within
from config.embedded.children import wait_until
from memory.indexes import build, decide, tend
from memory.indexes.decide import Adopt, Await, Build, Clear, Rebuild, Remove
from memory.indexes.facts import name_of
from memory.indexes.known import IndexFacts, Usable, usable
from memory.indexes.look import look
from memory.models import EmbeddingModel, IndexState, MemoryEmbedding, ModelState, VectorIndex
from memory.tasks import tend_indexes
from tests.locks import in_another_connection
from tests.memory.vectors import make_many, make_model
from tests.patience import until
from tests.servers import Servers
from tests.web import ROOT

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.usefixtures("small", "indexes"),
]

CHILD = """
import django; django.setup()
from memory.indexes import decide, tend
decide.BUILT_FROM, decide.DROPPED_BELOW = 200, 100
print("begun", flush=True)
tend.tend()
"""


@pytest.fixture
def model(db: None) -> EmbeddingModel:
    return make_model()


@pytest.fixture
def waiting(acme: Tenant, model: EmbeddingModel) -> tuple[int, Tenant]:
    """Enough vectors of acme's, which stand still."""
    make_many(acme, model, 300)
    assert tend.tend() == [Await((model.id, acme.id), 300)]
    return model.id, acme


def rows_in(name: str) -> int:
    """How many vectors the index returns, when it alone is asked."""
    with platform(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
        where = cursor.fetchone()[0].partition(" WHERE ")[2]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL hnsw.ef_search = 1000")
        ordered = "ORDER BY vector::halfvec(8) <=> '[1,0,0,0,0,0,0,0]'::halfvec LIMIT 1000"
        asked = f"SELECT id FROM memory_memoryembedding WHERE {where} {ordered}"
        cursor.execute(f"EXPLAIN {asked}")
        assert name in str(cursor.fetchall())
        cursor.execute(asked)
        return len(cursor.fetchall())


def test_below_the_threshold_nothing_is_built(acme: Tenant, model: EmbeddingModel) -> None:
    make_many(acme, model, 199)
    assert tend.tend() == []
    assert (look().found, VectorIndex.objects.count()) == ({}, 0)


def test_a_tenant_with_many_vectors_gets_an_index_over_its_own(
    acme: Tenant, globex: Tenant, model: EmbeddingModel
) -> None:
    other = make_model("other", state=ModelState.BUILDING)
    make_many(globex, model, 150)
    make_many(acme, other, 150)
    make_many(acme, model, 300)
    owner = (model.id, acme.id)
    assert tend.tend() == [Await(owner, 300)]
    assert usable(tenant_id=acme.id, model_id=model.id) == Usable(None, None)
    assert tend.tend() == [Build(owner, 300)]
    name = name_of(owner)
    assert usable(tenant_id=acme.id, model_id=model.id) == Usable(IndexFacts(name, 300), None)
    assert usable(tenant_id=globex.id, model_id=model.id) == Usable(None, None)
    row = VectorIndex.objects.get()
    assert (row.state, row.rows_built, row.attempts, row.detail) == (IndexState.READY, 300, 0, "")
    assert row.bytes == row.bytes_built == look().found[name].bytes > 0
    # Neither another tenant's vectors nor another model's are in it.
    assert rows_in(name) == 300
    assert tend.tend() == []


def test_what_comes_later_is_in_the_index_too(waiting: tuple[int, Tenant], model: EmbeddingModel) -> None:
    model_id, acme = waiting
    tend.tend()
    make_many(acme, model, 50, namespace="later/")
    assert tend.tend() == []
    assert usable(tenant_id=acme.id, model_id=model_id).own == IndexFacts(name_of((model_id, acme.id)), 350)
    assert rows_in(name_of((model_id, acme.id))) == 350


def test_it_goes_when_there_are_clearly_fewer(waiting: tuple[int, Tenant], monkeypatch: pytest.MonkeyPatch) -> None:
    model_id, acme = waiting
    owner = (model_id, acme.id)
    monkeypatch.setattr(decide, "BLOATED", 100)
    tend.tend()

    def leave(number: int) -> None:
        with within(acme.id):
            kept = MemoryEmbedding.objects.order_by("id").values("id")[:number]
            MemoryEmbedding.objects.exclude(id__in=kept).delete()

    leave(100)
    assert tend.tend() == []
    assert usable(tenant_id=acme.id, model_id=model_id).own == IndexFacts(name_of(owner), 100)
    leave(99)
    assert tend.tend() == [Remove(name_of(owner))]
    assert (look().found, VectorIndex.objects.count()) == ({}, 0)


def test_one_that_holds_much_that_was_deleted_is_built_anew(waiting: tuple[int, Tenant]) -> None:
    model_id, acme = waiting
    tend.tend()
    with within(acme.id):
        kept = MemoryEmbedding.objects.order_by("id").values("id")[:120]
        MemoryEmbedding.objects.exclude(id__in=kept).delete()
    owner = (model_id, acme.id)
    VectorIndex.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    assert tend.tend() == [Rebuild(owner, 120)]
    row = VectorIndex.objects.get()
    assert (row.state, row.rows, row.rows_built) == (IndexState.READY, 120, 120)
    assert list(look().found) == [name_of(owner)]
    assert rows_in(name_of(owner)) == 120


def test_a_retired_models_index_is_removed(waiting: tuple[int, Tenant], model: EmbeddingModel) -> None:
    tend.tend()
    EmbeddingModel.objects.update(state=ModelState.RETIRED)
    assert tend.tend() == [Remove(name_of((waiting[0], waiting[1].id)))]
    assert look().found == {}


def test_where_there_are_too_many_tenants_all_share_one(
    acme: Tenant, globex: Tenant, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "MOST_OWN", 1)
    make_many(acme, model, 300)
    make_many(globex, model, 200)
    assert len(tend.tend() or []) == 2
    assert tend.tend() == [Build((model.id, None), 500), Build((model.id, acme.id), 300)]
    shared = IndexFacts(name_of((model.id, None)), 500)
    assert usable(tenant_id=globex.id, model_id=model.id) == Usable(None, shared)
    assert usable(tenant_id=acme.id, model_id=model.id).own == IndexFacts(name_of((model.id, acme.id)), 300)
    assert rows_in(shared.name) == 500


# --- When something is killed ---


@pytest.fixture
def other(servers: Servers, waiting: tuple[int, Tenant]) -> Iterator[psycopg.Connection]:
    """Somebody in the middle of a change. A building waits for it, and so lasts as long as the test takes."""
    with servers.connect_as_superuser() as other:
        other.execute("BEGIN")
        other.execute("LOCK memory_memoryembedding IN ROW EXCLUSIVE MODE")
        yield other


def begin_in_child(other: psycopg.Connection) -> subprocess.Popen[bytes]:
    """A process that builds, and is in the middle of it."""
    child = subprocess.Popen([sys.executable, "-c", CHILD], cwd=ROOT)
    assert wait_until(lambda: bool(builders(other)), process=child, seconds=60)
    return child


def kill(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def builders(other: psycopg.Connection) -> list[int]:
    """PostgreSQL's processes that wait in a building, which the owner and superusers alone see."""
    other.execute("SELECT pg_stat_clear_snapshot()")
    question = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX%' AND wait_event_type = 'Lock'"
    return [pid for (pid,) in other.execute(question)]


def somebody_builds() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid) = (%s, %s)", build._LOCK
        )
        return cursor.fetchone() is not None


def test_a_building_goes_on_without_its_process_and_is_used(
    waiting: tuple[int, Tenant], other: psycopg.Connection
) -> None:
    model_id, acme = waiting
    owner = (model_id, acme.id)
    kill(begin_in_child(other))
    assert tend.tend() is None
    assert usable(tenant_id=acme.id, model_id=model_id) == Usable(None, None)
    assert look().found[name_of(owner)].is_valid is False
    other.rollback()
    until(lambda: not somebody_builds())
    assert tend.tend() == [Adopt(owner, 300, look().found[name_of(owner)].bytes)]
    assert usable(tenant_id=acme.id, model_id=model_id).own == IndexFacts(name_of(owner), 300)
    assert rows_in(name_of(owner)) == 300


def test_what_a_building_left_that_was_killed_in_postgresql_is_built_again(
    waiting: tuple[int, Tenant], other: psycopg.Connection
) -> None:
    model_id, acme = waiting
    owner = (model_id, acme.id)
    kill(begin_in_child(other))
    other.execute("SELECT pg_terminate_backend(%s)", builders(other))
    until(lambda: not somebody_builds())
    other.rollback()
    assert (look().found[name_of(owner)].is_valid, VectorIndex.objects.get().state) == (False, IndexState.BUILDING)
    assert tend.tend() == [Clear(name_of(owner)), Build(owner, 300)]
    assert usable(tenant_id=acme.id, model_id=model_id).own == IndexFacts(name_of(owner), 300)
    assert rows_in(name_of(owner)) == 300


def test_a_building_that_postgresql_ends_is_noted_and_tried_again_later(
    waiting: tuple[int, Tenant], other: psycopg.Connection
) -> None:
    model_id, acme = waiting
    owner = (model_id, acme.id)
    with ThreadPoolExecutor(1) as pool:
        tending = pool.submit(in_another_connection, tend.tend)
        until(lambda: bool(builders(other)))
        other.execute("SELECT pg_cancel_backend(%s)", builders(other))
        other.rollback()  # removing waits, too
        assert tending.result() == [Build(owner, 300), Clear(name_of(owner))]
    row = VectorIndex.objects.get()
    assert (row.state, row.attempts) == (IndexState.FAILED, 1)
    assert row.detail == "canceling statement due to user request"
    assert (tend.tend(), look().found) == ([], {})
    VectorIndex.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    assert tend.tend() == [Build(owner, 300)]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.detail) == (IndexState.READY, 0, "")


def test_one_builds_at_a_time(waiting: tuple[int, Tenant], other: psycopg.Connection) -> None:
    other.execute("SELECT pg_advisory_xact_lock(%s, %s)", build._LOCK)
    assert (tend.tend(), look().found) == (None, {})
    other.rollback()
    assert tend.tend() == [Build((waiting[0], waiting[1].id), 300)]


@pytest.fixture
def owner_settings() -> Iterator[dict[str, object]]:
    """What the owner's connection is made with from now on."""
    kept = dict(connections["owner"].settings_dict)
    connections["owner"].close()
    yield connections["owner"].settings_dict
    connections["owner"].settings_dict.update(kept)
    connections["owner"].close()


def test_without_the_owners_rights_nothing_is_done(
    waiting: tuple[int, Tenant], owner_settings: dict[str, object]
) -> None:
    owner_settings["USER"] = "qm_app"
    assert build.may_build() is False
    assert (tend.tend(), look().found) == (None, {})


def test_without_postgresql_it_may_not_build(owner_settings: dict[str, object]) -> None:
    owner_settings["NAME"] = "nowhere"
    assert build.may_build() is False


# --- Beside the task ---


def test_it_is_tended_beside_the_task_once_at_a_time(waiting: tuple[int, Tenant], other: psycopg.Connection) -> None:
    tend_indexes()
    until(lambda: bool(builders(other)))
    tend_indexes()
    assert [thread.name for thread in threading.enumerate()].count("memory-indexes") == 1
    other.rollback()
    until(lambda: not tend._running.locked())
    assert VectorIndex.objects.get().state == IndexState.READY


def test_a_tending_that_fails_is_told_and_the_next_one_may_begin(
    waiting: tuple[int, Tenant], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(tend, "look", fail)
    tend.begin()
    until(lambda: not tend._running.locked())
    assert [record.action for record in caplog.records] == ["memory_indexes_not_tended"]  # type: ignore[attr-defined]
    monkeypatch.undo()
    assert look().found == {}


# --- How much memory a building takes ---


@pytest.mark.parametrize(
    ("rows", "dimensions", "megabytes"), [(1_000, 384, 64), (100_000, 384, 212), (1_000_000, 384, 1_000)]
)
def test_a_building_takes_what_it_needs_and_no_more_than_it_may(
    rows: int, dimensions: int, megabytes: int, settings: LazySettings
) -> None:
    settings.MEMORY_INDEX_BUILD_MB = 1_000
    assert build.megabytes_for(rows, dimensions) == megabytes


def test_where_nothing_is_said_it_may_take_an_eighth_of_the_machine(settings: LazySettings) -> None:
    settings.MEMORY_INDEX_BUILD_MB = 0
    most = build.megabytes_for(100_000_000, 4_000)
    assert build.LEAST_MB <= most <= build.MOST_MB
