from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import UpstreamRefused
from registry.transports.event_stream import EventStreamReader, SentEvent


def read(*pieces: bytes, longest: int = 1000) -> list[tuple[str, str]]:
    reader = EventStreamReader(longest=longest)
    events: list[SentEvent] = [event for piece in pieces for event in reader.feed(piece)]
    return [(sent.event, sent.data) for sent in [*events, *reader.end()]]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: hello\n\n", [("message", "hello")]),
        (b"data:hello\n\n", [("message", "hello")]),
        (b"data:  two spaces\n\n", [("message", " two spaces")]),
        (b"event: delta\ndata: a\n\ndata: b\n\n", [("delta", "a"), ("message", "b")]),
        (b"data: a\ndata: b\ndata:\n\n", [("message", "a\nb\n")]),
        (b"data\n\n", [("message", "")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
        (b"data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")]),
        (b"data: a\n\r\ndata: b\r\n\n", [("message", "a"), ("message", "b")]),
        (b": comment\n\n:\ndata: a\n: in between\ndata: b\n\n", [("message", "a\nb")]),
        (b"event: nothing\n\ndata: a\n\n", [("message", "a")]),
        (b"id: 7\nretry: 10\nwhat: ever\ndata: a\n\n", [("message", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: a\xef\xbb\xbf\n\n", [("message", "a\ufeff")]),
        (b"data: \xff\xfe\n\n", [("message", "\ufffd\ufffd")]),
        ("data: Zoë 🙂\n\n".encode(), [("message", "Zoë 🙂")]),
        (b"data: no empty line", [("message", "no empty line")]),
        (b"data: cut in a letter \xc3", [("message", "cut in a letter \ufffd")]),
        (b"data: a:b: c\n\n", [("message", "a:b: c")]),
        (b" data: not a field\n\n", []),
        (b"data: a\x0bb\x0cc\xe2\x80\xa8d\n\n", [("message", "a\x0bb\x0cc\u2028d")]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_it_reads_what_the_standard_says(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert read(stream) == events
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == events


ALPHABET = [*"ab :", "\r", "\n", "\r\n", "data", "data:", "event:", "id:", "ë", "🙂", "\ufeff", "\u2028", "\x00"]


@given(
    st.lists(st.one_of(st.sampled_from(ALPHABET).map(str.encode), st.binary(max_size=3)), max_size=60),
    st.lists(st.integers(min_value=0, max_value=200), max_size=12),
)
def test_it_reads_the_same_however_the_bytes_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert read(*pieces) == read(stream)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20)
NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=9)
EVENT = st.tuples(NAME, st.lists(TEXT, min_size=1, max_size=3))


@given(st.lists(EVENT, max_size=6), st.sampled_from(["\n", "\r", "\r\n"]), st.integers(min_value=1, max_value=9))
def test_it_reads_back_what_was_written(events: list[tuple[str, list[str]]], end: str, length: int) -> None:
    written = "".join(
        f"event: {name}{end}" + "".join(f"data: {line}{end}" for line in lines) + end for name, lines in events
    ).encode()
    pieces = [written[at : at + length] for at in range(0, len(written), length)]
    assert read(*pieces, longest=10_000) == [(name, "\n".join(lines)) for name, lines in events]


@pytest.mark.parametrize("piece", [b"data: " + b"z" * 90, b"z" * 90, b"data: z\n" * 90, b": " + b"z" * 90])
def test_it_keeps_no_event_without_an_end(piece: bytes) -> None:
    with pytest.raises(UpstreamRefused, match="more than 100 characters"):
        read(*[piece[at : at + 9] for at in range(0, 90, 9)] * 20, longest=100)


def test_it_takes_any_number_of_events_that_are_short() -> None:
    assert len(read(b"data: z\n\n" * 1000, longest=10)) == 1000
