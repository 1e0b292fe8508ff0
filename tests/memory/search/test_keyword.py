from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.tenancy import within
from memory.models import Memory
from memory.search import keyword
from memory.search.keyword import Worded, find_by_words
from memory.search.words import read_question
from tests.memory.search.rows import make_model, remember, remember_many
from tests.servers import Servers

CONTENTS = ["the fox", "the fox and the hen", "a hen", "a hen in the barn", "a hen, a hen", "a whale"]


def find(question: str, *, limit: int = 10, number: int | None = None) -> list[Worded]:
    rows = Memory.objects.there()
    return list(
        find_by_words(rows, read_question(question), limit=limit, number=rows.count() if number is None else number)
    )


def contents(found: list[Worded]) -> list[str]:
    return [Memory.objects.get(id=worded.memory_id).content for worded in found]


@pytest.fixture
def farm(acme: Tenant) -> Tenant:
    with within(acme.id):
        for content in CONTENTS:
            remember(acme, content)
    return acme


def test_it_finds_what_has_one_of_the_words_the_best_first(farm: Tenant) -> None:
    with within(farm.id):
        found = find("foxes and hens?")
        assert contents(found)[0] == "the fox and the hen"
        assert set(contents(found)) == set(CONTENTS) - {"a whale"}
        assert [worded.rank for worded in found] == sorted((worded.rank for worded in found), reverse=True)


def test_it_puts_the_newest_first_of_those_that_are_as_good(farm: Tenant) -> None:
    with within(farm.id):
        assert contents(find("barn whale")) == ["a whale", "a hen in the barn"]


def test_it_tells_how_much_of_the_question_is_covered(farm: Tenant) -> None:
    with within(farm.id):
        covers = {Memory.objects.get(id=each.memory_id).content: each.covers for each in find("fox hen")}
    assert covers["the fox and the hen"] == pytest.approx(1)
    # `fox` is rarer, so that it is more of the question than `hen`.
    assert covers["the fox"] > 0.5 > covers["a hen"] > 0
    assert covers["the fox"] + covers["a hen"] == pytest.approx(1)


def test_it_counts_words_that_nothing_has(farm: Tenant) -> None:
    with within(farm.id):
        (found,) = find("whale zeppelin")
    assert 0 < found.covers < 0.5


def test_it_finds_nothing_without_words(farm: Tenant) -> None:
    with within(farm.id), CaptureQueriesContext(connection) as queries:
        assert find("who are you", number=6) == []
        assert find("zeppelin", number=6) == []
    assert len(queries) == 3


def test_it_finds_no_more_than_asked_for(farm: Tenant) -> None:
    with within(farm.id):
        assert len(find("hen", limit=2)) == 2


class TestManyMatches:
    """More than can be ranked, of which 3 is a small number here."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keyword, "MOST_WORD_MATCHES", 3)

    def test_it_looks_for_the_rarest_words(self, farm: Tenant) -> None:
        with within(farm.id):
            found = contents(find("hen fox whale"))
        assert sorted(found) == ["a whale", "the fox", "the fox and the hen"]

    def test_it_ranks_by_all_words_all_the_same(self, farm: Tenant) -> None:
        with within(farm.id):
            assert contents(find("hen fox"))[0] == "the fox and the hen"

    def test_it_takes_one_word_however_frequent(self, farm: Tenant) -> None:
        with within(farm.id):
            found = find("hen")
        assert len(found) == 3
        assert all(worded.covers == 1 for worded in found)

    def test_it_costs_two_queries(self, farm: Tenant) -> None:
        with within(farm.id):
            question, rows = read_question("hen fox"), Memory.objects.there()
            with CaptureQueriesContext(connection) as queries:
                find_by_words(rows, question, limit=10, number=6)
        assert len(queries) == 2


@pytest.mark.django_db(transaction=True)
def test_it_is_answered_by_the_index_on_words(acme: Tenant, servers: Servers) -> None:
    with within(acme.id):
        remember_many(acme, make_model(), 5_000)
    with servers.connect_as_superuser() as database:
        database.execute("ANALYZE memory_memory")
    plans: list[str] = []

    def explain(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if sql.startswith("WITH found"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with within(acme.id), connection.execute_wrapper(explain):
        found = find_by_words(Memory.objects.there(), read_question("4711"), limit=10, number=5_000)
    assert [isinstance(worded.memory_id, UUID) for worded in found] == [True]
    assert "Bitmap Index Scan on memory_words" in plans[0]
