import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform, within
from memory.indexes import counts
from memory.indexes.counts import Difference, Weight, count_namespaces, fold, recount, weigh
from memory.intervals import EVERYTHING, NOTHING, Interval, below
from memory.models import Memory, MemoryCount, MemoryEmbedding, ModelState
from tests.memory.vectors import make_memories, make_model

pytestmark = pytest.mark.django_db


def number_of_rows() -> int:
    with platform():
        return MemoryCount.objects.count()


def test_it_weighs_the_namespaces_that_are_looked_in(acme: Tenant, globex: Tenant) -> None:
    model, other = make_model(), make_model("other", state=ModelState.BUILDING)
    make_memories(acme, "a/", "a/b/", "ab/", "c/", model=model)
    make_memories(acme, "a/", model=other)
    make_memories(globex, "a/", "a/", model=model)

    def weighed(*intervals: Interval) -> Weight:
        with within(acme.id):
            return weigh(tenant_id=acme.id, model_id=model.id, intervals=intervals)

    assert weighed(*EVERYTHING) == Weight(4)
    assert weighed(below("a/")) == Weight(2)
    assert weighed(below("a/b/"), below("c/")) == Weight(2)
    assert weighed(below("d/")) == Weight(0)
    assert weighed(*NOTHING) == Weight(0)


def test_it_weighs_nothing_where_there_is_nothing(acme: Tenant) -> None:
    with within(acme.id):
        assert weigh(tenant_id=acme.id, model_id=1, intervals=EVERYTHING) == Weight(0)


@pytest.mark.django_db
def test_it_does_not_weigh_another_tenants(acme: Tenant, globex: Tenant) -> None:
    model = make_model()
    make_memories(globex, "a/", model=model)
    with within(acme.id):
        assert weigh(tenant_id=globex.id, model_id=model.id, intervals=EVERYTHING) == Weight(0)


def test_vectors_that_go_are_counted_no_more(acme: Tenant) -> None:
    model = make_model()
    make_memories(acme, "a/", "a/", "b/", model=model)
    with within(acme.id):
        MemoryEmbedding.objects.filter(namespace="b/").delete()
        MemoryEmbedding.objects.filter(namespace="a/").update(namespace="c/")
        assert weigh(tenant_id=acme.id, model_id=model.id, intervals=(below("c/"),)) == Weight(2)


def test_it_counts_namespaces_one_level_below_a_path(acme: Tenant) -> None:
    make_memories(acme, "p/", "p/apollo/", "p/apollo/x/y/", "p/gemini/z/", "q/", "p0/")
    with within(acme.id):
        assert count_namespaces(intervals=EVERYTHING) == {"p/": 4, "p0/": 1, "q/": 1}
        found = count_namespaces(path="p/", intervals=EVERYTHING)
        assert list(found.items()) == [("p/", 1), ("p/apollo/", 2), ("p/gemini/", 1)]
        assert count_namespaces(path="p/gemini/", intervals=EVERYTHING) == {"p/gemini/z/": 1}
        assert count_namespaces(path="p/apollo/", intervals=EVERYTHING) == {"p/apollo/": 1, "p/apollo/x/": 1}


def test_it_counts_only_what_may_be_read(acme: Tenant) -> None:
    make_memories(acme, "p/apollo/", "p/apollo/secret/", "q/")
    readable = (Interval("", "p/apollo/secret/"), Interval("p/apollo/secret0", "q/"))
    with within(acme.id):
        assert count_namespaces(intervals=readable) == {"p/": 1}
        assert count_namespaces(path="p/apollo/", intervals=readable) == {"p/apollo/": 1}
        assert count_namespaces(path="q/", intervals=readable) == {}


def test_it_counts_namespaces_page_by_page(acme: Tenant) -> None:
    make_memories(acme, "p/", "p/a/", "p/a/x/", "p/b/", "p/c/")
    with within(acme.id):
        seen: list[str] = []
        while page := count_namespaces(path="p/", intervals=EVERYTHING, after=seen[-1] if seen else "", most=1):
            seen += page
    assert seen == ["p/", "p/a/", "p/b/", "p/c/"]


def test_it_counts_vectors_of_a_model_in_place_of_memories(acme: Tenant) -> None:
    model = make_model()
    make_memories(acme, "a/", model=model)
    make_memories(acme, "a/", "b/")
    with within(acme.id):
        assert count_namespaces(intervals=EVERYTHING, model_id=model.id) == {"a/": 1}
        assert count_namespaces(intervals=EVERYTHING) == {"a/": 2, "b/": 1}


def test_a_namespace_that_is_empty_again_is_not_there(acme: Tenant) -> None:
    make_memories(acme, "a/", "b/")
    with within(acme.id):
        Memory.objects.filter(namespace="a/").delete()
        assert count_namespaces(intervals=EVERYTHING) == {"b/": 1}


def test_folding_changes_the_rows_and_no_number(acme: Tenant, globex: Tenant) -> None:
    model = make_model()
    for _ in range(3):
        make_memories(acme, "a/", "b/", model=model)
    make_memories(globex, "a/", model=model)
    assert number_of_rows() == 14
    assert fold() == 14
    assert number_of_rows() == 6
    with within(acme.id):
        assert weigh(tenant_id=acme.id, model_id=model.id, intervals=(below("a/"),)) == Weight(3)
        assert count_namespaces(intervals=EVERYTHING) == {"a/": 3, "b/": 3}
    with platform():
        assert recount() == []


def test_it_folds_what_came_since_into_what_is_folded(acme: Tenant) -> None:
    model = make_model()
    make_memories(acme, "a/", "b/", model=model)
    assert (fold(), fold()) == (4, 0)
    make_memories(acme, "a/", model=model)
    assert (fold(), number_of_rows()) == (2, 4)
    with within(acme.id):
        assert weigh(tenant_id=acme.id, model_id=model.id, intervals=EVERYTHING) == Weight(3)


def test_nothing_is_left_of_what_adds_up_to_none(acme: Tenant) -> None:
    make_memories(acme, "a/")
    fold()
    with within(acme.id):
        Memory.objects.all().delete()
    assert (fold(), number_of_rows()) == (1, 0)


def test_it_folds_piece_by_piece(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST_FOLDED", 2)
    for _ in range(5):
        make_memories(acme, "a/")
    assert (fold(), number_of_rows()) == (5, 1)


@pytest.mark.django_db(transaction=True)
def test_it_folds_nothing_while_another_does(acme: Tenant) -> None:
    make_memories(acme, "a/")

    def folded() -> int:
        try:
            return fold()
        finally:
            connection.close()

    with platform(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", counts._LOCK)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(folded).result() == 0
    assert fold() == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_stay_right_beside_writers_and_folds(acme: Tenant) -> None:
    model = make_model()
    done = threading.Event()

    def write(number: int) -> None:
        for turn in range(12):
            made = make_memories(acme, "a/", f"{number}/", "b/", model=model)
            with within(acme.id):
                Memory.objects.filter(id=made[turn % 3].id).delete()
        connection.close()

    def fold_on() -> int:
        folded = 0
        while not done.is_set():
            folded += fold()
        connection.close()
        return folded

    with ThreadPoolExecutor(6) as pool:
        folds = [pool.submit(fold_on) for _ in range(2)]
        for writer in [pool.submit(write, number) for number in range(4)]:
            writer.result()
        done.set()
        assert sum(each.result() for each in folds) > 0
    fold()
    with platform():
        assert recount() == []
        there = Counter(Memory.objects.values_list("namespace", flat=True))
    assert sum(there.values()) == 4 * 12 * 2
    with within(acme.id):
        assert count_namespaces(intervals=EVERYTHING) == dict(there)
        assert weigh(tenant_id=acme.id, model_id=model.id, intervals=(below("a/"),)).scope == there["a/"]
    assert number_of_rows() == 2 * len(there)


def test_a_recount_says_where_counts_and_rows_disagree(acme: Tenant, globex: Tenant) -> None:
    model = make_model()
    make_memories(acme, "a/", "b/", model=model)
    make_memories(globex, "a/")
    with platform():
        assert recount() == []
        MemoryCount.objects.create(tenant=acme, namespace="a/", model=model, number=3)
        MemoryCount.objects.create(tenant=acme, namespace="gone/", number=2)
        MemoryCount.objects.filter(tenant=globex).delete()
        assert sorted(recount(), key=lambda each: each.counted) == [
            Difference(globex.id, "a/", None, 0, 1),
            Difference(acme.id, "gone/", None, 2, 0),
            Difference(acme.id, "a/", model.id, 4, 1),
        ]
    with within(globex.id):
        assert recount() == [Difference(globex.id, "a/", None, 0, 1)]
