"""Reading JSON: whatever passes can be stored."""

import tracemalloc
from io import BytesIO
from typing import Any

import pytest
from pytest_django import Settings

from accounts.api.parsing import DEEPEST, StrictJSONParser, read_json
from accounts.errors import Malformed, TooLarge


def refused(raw: bytes) -> str:
    with pytest.raises(Malformed) as refusal:
        read_json(raw)
    return refusal.value.message


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "\xc3\xa4"]}', {"a": [1, 2.5, None, True, "ä"]}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000"', "\\u0000"),
        (b"12345678901234567890", 12345678901234567890),
        (b"1e3", 1000.0),
        (b"null", None),
        (b'[1, null, "\\ud83d\\ude00"]', [1, None, "\U0001f600"]),
    ],
)
def test_it_reads_json(raw: bytes, value: Any) -> None:
    assert read_json(raw) == value


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The body is not JSON: Expecting value at line 1, column 1."),
        (b"{'a': 1}", "The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b'{"a": 1,\n "b" 2}', "The body is not JSON: Expecting ':' delimiter at line 2, column 6."),
        (b"\xef\xbb\xbf{}", "The body is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig) at line 1, column 1."),
        (b'"\xff"', "The body is not UTF-8: byte 1 cannot be read."),
        (b'"\xed\xa0\x80"', "The body is not UTF-8: byte 1 cannot be read."),
        (b'"\x00"', "The body is not JSON: Invalid control character at at line 1, column 2."),
        (b"[NaN]", "The body is not JSON: NaN is no JSON number."),
        (b"-Infinity", "The body is not JSON: -Infinity is no JSON number."),
        (b"[1e400]", "The body holds a number that is too large. Send it as a string."),
        (b"9" * 5000, "The body holds a number with too many digits. Send it as a string."),
        (
            b'{"a": ["\\u0000"]}',
            "The string at $.a[0] holds a NUL character (U+0000), which cannot be stored.",
        ),
        (b'{"\\u0000": 1}', "The string at $ holds a NUL character (U+0000), which cannot be stored."),
        (b'{"\\ud800": 1}', "The string at $ holds half a surrogate pair, which is no character."),
        (b'{"\\u00e4": "\\udc00"}', "The string at $.\\xe4 holds half a surrogate pair, which is no character."),
    ],
)
def test_it_says_what_is_wrong_and_where(raw: bytes, sentence: str) -> None:
    assert refused(raw) == sentence


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000])
def test_it_refuses_a_bottomless_body(raw: bytes) -> None:
    assert refused(raw) == "The body is nested too deeply: at most 100 arrays and objects inside one another."


def test_it_counts_how_deep_a_body_is() -> None:
    deepest = b"[" * DEEPEST + b"]" * DEEPEST
    assert read_json(deepest) is not None
    assert "too deeply" in refused(b'{"a":' + deepest + b"}")
    assert read_json(b"[" + b"[]," * DEEPEST + b"{}]") == [[]] * DEEPEST + [{}]


def test_it_stops_reading_at_the_limit(settings: Settings) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 10
    assert StrictJSONParser().parse(BytesIO(b'"12345678"')) == "12345678"
    stream = BytesIO(b'"123456789"' + b" " * 1000)
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        StrictJSONParser().parse(stream)
    assert stream.tell() == 11


def test_it_looks_through_a_body_without_writing_the_path_of_each_value() -> None:
    raw = b'{"%s": [%s], "x": "\\ud83d\\ude00"}' % (b"k" * 20_000, b",".join([b"0"] * 20_000))
    tracemalloc.start()
    try:
        read_json(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(raw)
