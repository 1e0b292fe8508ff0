"""Asking an embedder, and finding out which text it does not take."""

import logging

import pytest

from integrations.embedding.lexical_hash import MODEL_ID, LexicalHash
from memory.embedding import resting
from memory.embedding.making import MOST_REQUESTS, Away, make, workable
from memory.models import EmbeddingModel
from tests.memory.embedding.rows import FakeEmbedder, Shelf


def model(name: str, number: int = 1) -> EmbeddingModel:
    return EmbeddingModel(id=number, name=name, dimensions=3)


async def test_it_makes_a_vector_of_each_text() -> None:
    embedder = FakeEmbedder()
    made = await make(embedder, ["one", "three"])
    assert dict(made.vectors) == {0: [3, 6, 1], 1: [5, 6, 1]}
    assert dict(made.refused) == {}
    assert embedder.asked == [["one", "three"]]


async def test_it_makes_real_vectors() -> None:
    made = await make(LexicalHash(), ["Apollo flies"])
    assert len(made.vectors[0]) == 384


async def test_it_finds_the_text_that_is_refused() -> None:
    embedder = FakeEmbedder()
    embedder.refuses = lambda text: text == "5"
    made = await make(embedder, [str(number) for number in range(8)])
    assert sorted(made.vectors) == [0, 1, 2, 3, 4, 6, 7]
    assert dict(made.refused) == {5: "It does not like that text."}
    assert not made.is_all_refused
    assert len(embedder.asked) == 7


async def test_it_does_not_look_for_ever() -> None:
    embedder = FakeEmbedder()
    embedder.refuses = lambda text: True
    made = await make(embedder, [str(number) for number in range(64)])
    assert sorted(made.refused) == list(range(64))
    assert made.is_all_refused
    assert MOST_REQUESTS <= len(embedder.asked) < 30


async def test_who_is_away_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    embedder = FakeEmbedder()
    embedder.is_away = True
    with caplog.at_level(logging.WARNING), pytest.raises(Away, match="for 1 seconds"):
        await make(embedder, ["one"])
    assert caplog.messages == ["No vectors of fake-1 for 1 seconds: It is away."]
    assert resting.is_resting("fake-1")


async def test_who_is_back_is_not(shelf: Shelf) -> None:
    resting.was_away("fake-1")
    await make(shelf.chosen, ["one"])
    assert not resting.is_resting("fake-1")


def test_models_can_be_worked_with_while_somebody_makes_their_vectors(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    models = [model("fake-1"), model("fake-2", 2), model("gone", 3)]
    resting.was_away("fake-2")
    assert workable(models) == {1: shelf.embedders[0]}


def test_the_fallback_can_be_worked_with() -> None:
    assert list(workable([model(MODEL_ID)])) == [1]
