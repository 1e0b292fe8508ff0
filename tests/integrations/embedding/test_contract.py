"""What every embedder does, whatever it is made of."""

import asyncio
import math
from importlib import import_module

import pytest
from pytest_django import Settings

from integrations.embedding import compatible
from integrations.embedding.base import Embedder
from integrations.embedding.compatible import Compatible
from integrations.embedding.host.client import Hosted
from integrations.embedding.lexical_hash import LexicalHash
from integrations.embedding.minilm.facts import FACTS
from tests.integrations.embedding.texts import nearness, needs_model

KINDS = (
    "lexical-hash",
    pytest.param("minilm", marks=needs_model),
    pytest.param("hosted minilm", marks=needs_model),
    "compatible",
)


@pytest.fixture(params=KINDS)
def embedder(request: pytest.FixtureRequest, settings: Settings) -> Embedder:
    if request.param == "minilm":
        found: Embedder = import_module("integrations.embedding.minilm.model").MiniLM.load()
        return found
    if request.param == "hosted minilm":
        settings.HOST_URL = request.getfixturevalue("host").url
        return Hosted(FACTS)
    if request.param == "compatible":
        request.getfixturevalue("service")
        return Compatible(compatible.configured())
    return LexicalHash()


async def test_it_says_what_it_is(embedder: Embedder) -> None:
    facts = embedder.facts
    assert facts.id
    assert facts.dimensions == 384
    assert facts.note.endswith(".")


async def test_it_makes_a_vector_of_each_text_in_their_order(embedder: Embedder) -> None:
    texts = ["one apple", "two pears and a very long sentence about them", "three"]
    together = await embedder.embed(texts)
    assert len(together) == 3
    for text, vector in zip(texts, together, strict=True):
        (alone,) = await embedder.embed([text])
        assert vector == pytest.approx(alone, abs=1e-5)


async def test_it_makes_nothing_of_nothing(embedder: Embedder) -> None:
    assert await embedder.embed([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\x00",
        "…",
        "\ud83d",
        "🎉",
        "東京に住んでいる",
        "مرحبا",
        "a" * 5_000,
        "word " * 30_000,
        "[SEP] [CLS]",
    ],
    ids=repr,
)
async def test_it_refuses_no_text(embedder: Embedder, text: str) -> None:
    (vector,) = await embedder.embed([text])
    assert len(vector) == embedder.facts.dimensions
    assert all(isinstance(value, float) and math.isfinite(value) for value in vector)
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


async def test_it_reads_the_beginning_of_what_is_long(embedder: Embedder) -> None:
    text = "The harbour was quiet that evening. " * 1_000
    one, other = await embedder.embed([text, text + "And then the storm came."])
    assert one == pytest.approx(other, abs=1e-6)


async def test_it_finds_texts_near_that_say_the_same(embedder: Embedder) -> None:
    cat, same, other = await embedder.embed(
        ["The cat sits on the mat", "A cat is sitting on a mat", "Quarterly revenue grew by four percent"]
    )
    assert nearness(cat, same) > nearness(cat, other) + 0.2


async def test_it_makes_the_same_of_the_same(embedder: Embedder) -> None:
    assert await embedder.embed(["The same text"]) == await embedder.embed(["The same text"])


async def test_it_takes_more_texts_than_go_into_one_batch(embedder: Embedder) -> None:
    texts = [f"note {number}" for number in range(300)]
    found = await embedder.embed(texts)
    assert len(found) == 300
    assert found[299] == pytest.approx((await embedder.embed(["note 299"]))[0], abs=1e-5)


async def test_it_leaves_the_event_loop_to_others_meanwhile(embedder: Embedder) -> None:
    working = asyncio.ensure_future(embedder.embed(["some text to work on"] * 50))
    turns = 0
    while not working.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(working.result()) == 50
    assert turns > 2


async def test_several_may_ask_at_once(embedder: Embedder) -> None:
    texts = [f"question {number}" for number in range(10)]
    found = await asyncio.gather(*(embedder.embed([text]) for text in texts))
    assert [each[0] for each in found] == [pytest.approx(vector, abs=1e-5) for vector in await embedder.embed(texts)]
