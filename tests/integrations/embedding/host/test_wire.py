import json
import struct

import pytest

from integrations.embedding.host.wire import MOST_TEXTS, Asked, NotUnderstood, packed, read, unpacked, written


def test_what_is_written_is_read() -> None:
    asked = Asked("minilm-l6-v2", ["Ünïcode 東京", "", "half \ud83d"])
    assert read(written(asked)) == asked


def test_vectors_go_as_little_endian_float32() -> None:
    content = packed([[1.0, -2.5], (0.5, 0.0)])
    assert content == struct.pack("<4f", 1.0, -2.5, 0.5, 0.0)
    assert unpacked(content, count=2, dimensions=2) == [[1.0, -2.5], [0.5, 0.0]]
    assert unpacked(b"", count=0, dimensions=2) == []


@pytest.mark.parametrize("content", [b"", bytes(15), bytes(20)])
def test_it_takes_only_as_many_as_were_asked_for(content: bytes) -> None:
    with pytest.raises(NotUnderstood, match="2 vectors of 2 numbers are 16 bytes"):
        unpacked(content, count=2, dimensions=2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is JSON"),
        (b"\xff", "The body is JSON"),
        (b"[" * 100_000, "The body is JSON"),
        (b"[]", 'The body is {"model"'),
        (b'{"model": "m"}', 'The body is {"model"'),
        (b'{"model": "m", "texts": [], "more": 1}', 'The body is {"model"'),
        (b'{"model": 1, "texts": []}', "`texts` a list of strings"),
        (b'{"model": "m", "texts": "abc"}', "`texts` a list of strings"),
        (b'{"model": "m", "texts": ["a", 1]}', "`texts` a list of strings"),
        (json.dumps({"model": "m", "texts": ["a"] * (MOST_TEXTS + 1)}).encode(), "at most 256 texts"),
    ],
)
def test_it_says_what_it_needs(body: bytes, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said.replace("{", r"\{")):
        read(body)
