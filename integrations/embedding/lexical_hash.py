"""`lexical-hash-v1`: texts that share words are near. No model, no files; the fallback, and named as such everywhere.

Each word, and each run of a few letters in it, is a feature. A feature's hash says where it counts in the
vector and with which sign, so that two features that meet in one place do not add up on average.

The vectors are stored, so this may never change: another way of making them is another model with another name.
"""

import asyncio
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.vectors import unit

MODEL_ID = "lexical-hash-v1"
DIMENSIONS = 384
LONGEST_TEXT = 20_000
"""Characters of a text that count."""
LONGEST_WORD = 40
"""Characters of a word that count."""
RUNS, RUNS_ELSEWHERE = (3, 4), (2, 3)
"""How many letters make a feature: of a word in a-z and digits, and of others, where two may be a whole word."""
RUN_WEIGHT = 0.25
"""Of a run, where a word counts 1: the runs of a word together count about as much as the word."""
SHORT_WEIGHT = 0.5
"""Of words such as `the`, which say little."""
EMPTY = " "
"""The feature of a text without words. No word has a space in it."""

Place = tuple[int, float]


class LexicalHash:
    facts = ModelFacts(
        id=MODEL_ID,
        dimensions=DIMENSIONS,
        note="The fallback without a model: texts are near when they share words or parts of words, not meanings.",
    )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        return [await asyncio.to_thread(vector_of, text) for text in texts]


def vector_of(text: str) -> list[float]:
    values = [0.0] * DIMENSIONS
    for word, count in Counter(words_of(text) or [EMPTY]).items():
        often = 1 + math.log(count)
        for index, weight in _places(word):
            values[index] += often * weight
    # Features may cancel each other out, however rarely.
    return unit(values) if any(values) else vector_of("")


def words_of(text: str) -> list[str]:
    """In lower case, without accents, as runs of letters, digits and the marks that belong to them."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_TEXT])
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    spaced = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in folded)
    return [word[:LONGEST_WORD] for word in spaced.split()]


@lru_cache(maxsize=4_096)
def _places(word: str) -> tuple[Place, ...]:
    """Where a word counts, and how much."""
    is_short = len(word) < 4 and word.isascii() and word.isalpha()
    features = [(f"w{word}", SHORT_WEIGHT if is_short else 1.0)]
    features += [(f"r{run}", RUN_WEIGHT) for run in _runs(f"<{word}>")]
    return tuple(_place(feature, weight) for feature, weight in features)


def _runs(word: str) -> Iterator[str]:
    for length in RUNS if word.isascii() else RUNS_ELSEWHERE:
        for start in range(len(word) - length + 1):
            yield word[start : start + length]


def _place(feature: str, weight: float) -> Place:
    number = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return (number >> 1) % DIMENSIONS, weight if number & 1 else -weight
