"""What goes between the host and its clients: JSON there, and back the vectors as they lie in memory.

Vectors are little-endian float32, one after the other; how many there are and how long follows from what was asked.
"""

import json
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.embedding.base import Vector

PATH = "/embed"
MOST_TEXTS = 256
"""Of one request; a client makes several of more."""
MOST_CHARACTERS = 500_000
"""The same. Written as JSON they are twelve times as many bytes at most."""
LARGEST_BODY = 8_000_000
BYTES = 4


@dataclass(frozen=True)
class Asked:
    model: str
    texts: list[str]


class NotUnderstood(ValueError):
    """The body is not what this needs; the message says what would be."""


def written(asked: Asked) -> bytes:
    return json.dumps({"model": asked.model, "texts": asked.texts}).encode()


def read(body: bytes) -> Asked:
    """Raises NotUnderstood."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("The body is JSON.") from None
    if not isinstance(found, dict) or found.keys() != {"model", "texts"}:
        raise NotUnderstood('The body is {"model": "…", "texts": ["…"]}.')
    model, texts = found["model"], found["texts"]
    if not isinstance(model, str) or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise NotUnderstood("`model` is a string and `texts` a list of strings.")
    if len(texts) > MOST_TEXTS:
        raise NotUnderstood(f"`texts` has at most {MOST_TEXTS} texts.")
    return Asked(model, texts)


def packed(vectors: Sequence[Vector]) -> bytes:
    return b"".join(_little(array("f", vector)).tobytes() for vector in vectors)


def unpacked(content: bytes, *, count: int, dimensions: int) -> list[Vector]:
    """Raises NotUnderstood where these are not so many vectors."""
    if len(content) != count * dimensions * BYTES:
        raise NotUnderstood(f"{count} vectors of {dimensions} numbers are {count * dimensions * BYTES} bytes.")
    return list(_rows(content, dimensions * BYTES))


def _rows(content: bytes, size: int) -> Iterator[Vector]:
    for start in range(0, len(content), size):
        values = array("f", content[start : start + size])
        yield _little(values).tolist()


def _little(values: "array[float]") -> "array[float]":
    if sys.byteorder == "big":  # pragma: no cover - there is none to test it on
        values.byteswap()
    return values
