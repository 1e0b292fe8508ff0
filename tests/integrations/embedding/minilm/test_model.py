"""The nearness of these sentences is published: by the model's card, and by the documentation of its authors."""

from collections.abc import Iterator

import pytest

from integrations.embedding.base import Vector
from tests.integrations.embedding.texts import nearness, needs_model

pytest.importorskip("numpy", reason="requirements-models.lock is not installed here")

from integrations.embedding.minilm.model import MOST_PLACES, MOST_TEXTS, MiniLM, _batches


@pytest.fixture(scope="module")
def model() -> Iterator[MiniLM]:
    model = MiniLM.load()
    yield model
    model.close()


@needs_model
@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("That is a happy person", "That is a happy dog", 0.695),
        ("That is a happy person", "That is a very happy person", 0.943),
        ("That is a happy person", "Today is a sunny day", 0.257),
        ("The new movie is awesome", "The new movie is so great", 0.8939),
        ("The cat sits outside", "A man is playing guitar", 0.0363),
        ("A man is eating food.", "A man is eating a piece of bread.", 0.7553),
    ],
)
async def test_it_finds_near_what_its_authors_say(model: MiniLM, one: str, other: str, near: float) -> None:
    first, second = await model.embed([one, other])
    assert nearness(first, second) == pytest.approx(near, abs=0.0005)


@needs_model
async def test_it_makes_the_vectors_that_its_authors_show(model: MiniLM) -> None:
    one, other = await model.embed(["This is an example sentence", "Each sentence is converted"])
    assert one[:6] == pytest.approx([0.067657, 0.063496, 0.048713, 0.079305, 0.037448, 0.002653], abs=2e-6)
    assert other[:6] == pytest.approx([0.086439, 0.102763, 0.005395, 0.002044, -0.009963, 0.025385], abs=2e-6)


@needs_model
async def test_company_does_not_change_a_vector(model: MiniLM) -> None:
    text = "short"
    (alone,) = await model.embed([text])
    among: list[Vector] = await model.embed(["a much longer text " * 60, text, "", "of some length " * 9])
    assert among[1] == pytest.approx(alone, abs=1e-6)


def test_it_puts_texts_of_similar_length_together() -> None:
    assert list(_batches([250, 5, 252, 4])) == [[3, 1, 0, 2]]
    assert list(_batches([])) == []


def test_no_batch_is_larger_than_it_may_be() -> None:
    lengths = [256] * 40 + [3] * 100
    batches = list(_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(140))
    assert max(map(len, batches)) == MOST_TEXTS
    assert all(len(batch) * max(lengths[index] for index in batch) <= MOST_PLACES for batch in batches)
