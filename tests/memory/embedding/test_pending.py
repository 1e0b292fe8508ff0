"""What a worker does of the vectors that are waited for."""

import asyncio

import pytest

from accounts.models import Tenant
from memory.embedding import pending, resting
from memory.embedding.active import ensure_model
from memory.embedding.pending import embed_pending
from memory.models import EmbeddingModel, ModelState
from tests.memory.embedding.rows import (
    FakeEmbedder,
    Shelf,
    all_rows,
    make_due,
    remember,
    row_of,
    rows_of,
    seconds_until_due,
    vector_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def work(budget_seconds: float = 30) -> int:
    return asyncio.run(embed_pending(budget_seconds))


def test_it_makes_what_is_waited_for(acme: Tenant, globex: Tenant) -> None:
    memories = [remember(acme, "one"), remember(acme, "two"), remember(globex, "one")]
    assert work() == 3
    assert {row_of(memory).status for memory in memories} == {"ready"}
    assert work() == 0


def test_without_any_there_is_nothing_to_do(embedder: FakeEmbedder) -> None:
    assert work() == 0
    ensure_model()
    assert work() == 0
    assert embedder.asked == []


def test_every_tenant_has_a_share_of_a_round(
    acme: Tenant, globex: Tenant, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST_AT_ONCE", 4)
    for number in range(6):
        remember(acme, f"acme {number}")
    remember(globex, "globex 0")
    assert work() == 7
    assert [sorted(asked) for asked in embedder.asked] == [
        ["acme 0", "acme 1", "globex 0"],
        ["acme 2", "acme 3", "acme 4", "acme 5"],
    ]


def test_no_tenant_is_left_out_when_there_are_more_than_a_round_has(
    acme: Tenant, globex: Tenant, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST_TENANTS", 1)
    monkeypatch.setattr(pending, "MOST_AT_ONCE", 1)
    for number in range(3):
        remember(acme, f"acme {number}")
    remember(globex, "globex 0")
    assert work() == 4
    assert ["globex 0"] in embedder.asked[:2], "Its turn comes before acme's second."


def test_what_somebody_else_has_in_hand_is_left_to_them(acme: Tenant, embedder: FakeEmbedder) -> None:
    memories = [remember(acme, f"number {number}") for number in range(5)]

    async def two_at_once() -> list[int]:
        return list(await asyncio.gather(embed_pending(30), embed_pending(30)))

    assert sum(asyncio.run(two_at_once())) == 5
    assert sorted(text for asked in embedder.asked for text in asked) == [each.content for each in memories]


def test_it_goes_on_no_longer_than_it_may(acme: Tenant, embedder: FakeEmbedder) -> None:
    remember(acme, "one")
    assert work(budget_seconds=0) == 0
    assert embedder.asked == []


def test_while_the_embedder_is_away_it_is_left_alone(acme: Tenant, embedder: FakeEmbedder) -> None:
    embedder.is_away = True
    memory = remember(acme, "one")
    assert work() == 0
    assert embedder.asked == [["one"]]
    row = row_of(memory)
    assert (row.status, row.attempts) == ("pending", 0)
    assert 0 < seconds_until_due(row) <= 1


def test_a_text_that_is_refused_fails_at_last_and_says_so(
    acme: Tenant, embedder: FakeEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    embedder.refuses = lambda text: text == "bad"
    memory = remember(acme, "bad")
    for _ in range(5):
        assert work() == 0
        make_due(memory)
    assert row_of(memory).status == "failed"
    assert caplog.messages == [
        f"The memory {memory.id} of tenant {acme.id} gets no vector: its text was refused several times. "
        "It does not like that text."
    ]
    good = remember(acme, "good")
    assert work() == 1
    assert row_of(good).status == "ready"


def test_no_text_fails_while_the_embedder_takes_nothing_at_all(acme: Tenant, embedder: FakeEmbedder) -> None:
    embedder.is_misset = True
    memories = [remember(acme, str(number)) for number in range(3)]
    for _ in range(6):
        assert work() == 0
        for memory in memories:
            make_due(memory)
        resting.forget()
    assert [len(asked) for asked in embedder.asked] == [3] * 6
    assert [(row_of(each).status, row_of(each).attempts) for each in memories] == [("pending", 0)] * 3
    embedder.is_misset = False
    assert work() == 3


def test_an_embedder_that_breaks_gives_back_what_it_had(acme: Tenant, embedder: FakeEmbedder) -> None:
    embedder.refuses = lambda text: bool(1 // 0)
    memory = remember(acme, "one")
    with pytest.raises(ZeroDivisionError):
        work()
    row = row_of(memory)
    assert (row.status, row.attempts) == ("pending", 0)
    assert 0 < seconds_until_due(row) <= 10


def test_both_models_get_theirs_while_one_is_built(acme: Tenant, shelf: Shelf) -> None:
    ensure_model()
    shelf.choose(FakeEmbedder("fake-2", 4))
    EmbeddingModel.objects.create(name="fake-2", dimensions=4, state=ModelState.BUILDING)
    memory = remember(acme, "one")
    assert work() == 2
    assert {name: len(vector_of(row)) for name, row in rows_of(memory).items()} == {"fake-1": 3, "fake-2": 4}


def test_nothing_is_made_for_a_model_that_is_retired(acme: Tenant, embedder: FakeEmbedder) -> None:
    remember(acme, "one")
    EmbeddingModel.objects.update(state=ModelState.RETIRED)
    assert work() == 0
    assert embedder.asked == []
    assert [row.status for row in all_rows()] == ["pending"]
