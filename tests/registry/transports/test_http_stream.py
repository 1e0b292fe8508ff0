import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from registry.errors import UpstreamRefused
from registry.transports import http_stream
from registry.transports.base import Chunk
from registry.transports.http_stream import reader_for


def parts(content_type: str, *pieces: bytes) -> list[Chunk]:
    reader = reader_for(CIMultiDict({"content-type": content_type}))
    assert reader is not None
    return [*(chunk for piece in pieces for chunk in reader.feed(piece)), *reader.end()]


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize(
    ("content_type", "body", "told"),
    [
        ("text/event-stream", b'data: {"a": 1}\n\n', [Chunk({"a": 1}, "message")]),
        ("Text/Event-Stream; charset=utf-8", b"event: e\ndata: [1]\n\n", [Chunk([1], "e")]),
        ("text/event-stream", b'data: "text"\n\n', [Chunk("text", "message")]),
        ("text/event-stream", b"data: [DONE]\n\n", [Chunk("[DONE]", "message")]),
        ("text/event-stream", b"data: 42\n\n", [Chunk("42", "message")]),
        ("text/event-stream", b"data: {broken\n\n", [Chunk("{broken", "message")]),
        ("text/event-stream", b"data: a\x00b\n\n", [Chunk("a\ufffdb", "message")]),
        ("text/event-stream", b'data: {"a": "\\ud800"}\n\n', [Chunk('{"a": "\\ud800"}', "message")]),
        ("application/x-ndjson", b'{"a": 1}\r\n\n  \n[2]\n"3"', [Chunk({"a": 1}), Chunk([2]), Chunk("3")]),
        ("application/jsonl", b"1\n2\n", [Chunk(1), Chunk(2)]),
        ("text/plain", b"Zo\xc3\xab", [Chunk("Zo\u00eb", goes_on=True)]),
        ("text/html; charset=latin1", b"Zo\xeb\x00", [Chunk("Zo\u00eb\ufffd", goes_on=True)]),
        ("text/plain", b"", []),
    ],
)
def test_it_takes_an_answer_apart(content_type: str, body: bytes, told: list[Chunk]) -> None:
    assert parts(content_type, body) == told


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "image/png", ""])
def test_it_leaves_whole_what_means_nothing_in_parts(content_type: str) -> None:
    headers = CIMultiDict({"Content-Type": content_type}) if content_type else CIMultiDict()
    assert reader_for(headers) is None


VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(st.lists(VALUES, max_size=6), CUTS)
def test_it_reads_lines_however_they_are_cut(values: list[Any], places: list[int]) -> None:
    body = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()
    assert [chunk.data for chunk in parts("application/x-ndjson", *cut(body, places))] == values


@given(st.lists(VALUES.filter(lambda value: isinstance(value, dict | list)), max_size=6), CUTS)
def test_it_reads_events_however_they_are_cut(values: list[Any], places: list[int]) -> None:
    body = "".join(f"data: {json.dumps(value, ensure_ascii=False)}\n\n" for value in values).encode()
    assert [chunk.data for chunk in parts("text/event-stream", *cut(body, places))] == values


@given(st.binary(max_size=60), CUTS)
def test_it_reads_text_however_it_is_cut(body: bytes, places: list[int]) -> None:
    together = "".join(chunk.data for chunk in parts("text/plain", *cut(body, places)))
    assert together == body.decode("utf-8", "replace").replace("\x00", "\ufffd")


def test_it_says_when_a_line_is_no_json() -> None:
    with pytest.raises(UpstreamRefused, match=r"a JSON value a line and sent something else\. The body is not JSON"):
        parts("application/x-ndjson", b'{"a": 1}\n<html>\n')


def test_it_keeps_no_line_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_stream, "LONGEST_EVENT", 100)
    assert len(parts("application/x-ndjson", b"1\n" * 100)) == 100
    with pytest.raises(UpstreamRefused, match="a line of more than 100 bytes"):
        parts("application/x-ndjson", *([b"1" * 30] * 4))
