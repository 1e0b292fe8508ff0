import base64
import json
from typing import Any

import pytest
from hypothesis import given

from registry.artifacts.content import content_of, is_binary
from tests.registry.shaping.values import json_values

PNG = {"content_type": "image/png", "base64": base64.b64encode(b"\x89PNG" * 50_000).decode()}


def written(output: Any, media_type: str = "") -> str:
    return b"".join(content_of(output, media_type).pieces()).decode()


@given(json_values)
def test_it_writes_json_that_reads_back_the_same(value: Any) -> None:
    if not isinstance(value, str):
        assert json.loads(written(value)) == value


def test_it_gives_each_entry_a_line_once_they_do_not_fit_one() -> None:
    contacts = [{"id": number, "name": f"Contact {number}"} for number in range(20)]
    assert written({"total": 20, "contacts": contacts}).splitlines()[:4] == [
        "{",
        ' "total": 20,',
        ' "contacts": [',
        '  {"id": 0, "name": "Contact 0"},',
    ]


def test_it_leaves_short_json_on_its_line() -> None:
    assert written({"a": [1, 2, {"b": None}], "c": []}) == '{"a": [1, 2, {"b": null}], "c": []}'


def test_it_writes_a_text_as_it_is() -> None:
    text = "caf\u00e9 \U0001f642\n" * 20_000
    content = content_of(text, "text/html")
    assert (written(text), content.media_type, content.is_text) == (text, "text/html", True)


def test_it_writes_long_strings_in_pieces() -> None:
    value = {"log": 'quote " and \\ and \u00e9\n' * 30_000}
    pieces = list(content_of(value).pieces())
    assert json.loads(b"".join(pieces)) == value
    assert max(map(len, pieces)) < 150_000


def test_it_gives_bytes_back() -> None:
    content = content_of(PNG)
    assert (content.media_type, content.is_text) == ("image/png", False)
    assert b"".join(content.pieces()) == b"\x89PNG" * 50_000


@pytest.mark.parametrize(
    "output",
    [
        {"content_type": "image/png", "base64": "no base64"},
        {"content_type": "image/png", "base64": "abc"},
        {"content_type": "image/png", "base64": 7},
        {"content_type": 7, "base64": "abcd"},
        {"content_type": "image/png", "base64": "abcd", "name": "x"},
        {"base64": "abcd"},
        ["base64"],
        "base64",
        None,
    ],
)
def test_it_takes_for_bytes_only_what_is(output: Any) -> None:
    assert not is_binary(output)


@pytest.mark.parametrize(
    ("output", "said", "media_type"),
    [
        ("x", "", "text/plain"),
        ("x", "text/csv", "text/csv"),
        ("x", "application/json", "text/plain"),
        ("x", "text/html\r\nX-Evil: 1", "text/plain"),
        ({"content_type": "a b/c", "base64": "abcd"}, "", "application/octet-stream"),
        ({"content_type": "application/json", "base64": "abcd"}, "", "application/octet-stream"),
        ({"a": 1}, "text/html", "application/json"),
    ],
)
def test_it_says_no_type_that_could_not_stand_in_a_header(output: Any, said: str, media_type: str) -> None:
    assert content_of(output, said).media_type == media_type
