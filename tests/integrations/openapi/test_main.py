"""The process that reads, spoken to as `integrations/importing/reader.py` does."""

import json
from io import BytesIO
from typing import Any

import pytest

from integrations.importing.files import Files
from integrations.openapi.__main__ import serve
from integrations.openapi.wire import read_frame, write_frame
from tests.integrations.openapi.described import description


def told(content: bytes | None, *answers: bytes, **order: Any) -> list[Any]:
    """All that it says, to an order with this file."""
    asked, said = BytesIO(), BytesIO()
    files = Files("main", {} if content is None else {"main": content})
    for frame in (
        json.dumps({"slug": "parcels", "origin": "", "main": "main", "known": {}, **order}).encode(),
        files.pack(),
        *answers,
    ):
        write_frame(asked, frame)
    asked.seek(0)
    serve(asked, said)
    said.seek(0)
    frames = []
    while said.tell() < len(said.getvalue()):
        frames.append(json.loads(read_frame(said)))
    return frames


def test_it_says_how_far_it_is_and_then_what_it_found() -> None:
    paths: dict[str, Any] = {f"/{n}": {"get": {}} for n in range(400)}
    *steps, found = told(json.dumps(description(paths)).encode())
    assert steps == [{"progress": [4 * n, 400]} for n in range(101)]
    assert len(found["document"]["actions"]) == found["report"]["actions"] == 400


def test_it_asks_for_files_that_it_may_not_fetch_itself() -> None:
    main = json.dumps(description({"/a": {"$ref": "https://x.example.com/a.json"}})).encode()
    asked, *_, found = told(main, b"", b'{"get": {}}')
    assert asked == {"fetch": "https://x.example.com/a.json"}
    assert list(found["document"]["actions"]) == ["get-a"]


def test_it_goes_on_without_a_file_that_is_refused() -> None:
    main = json.dumps(description({"/a": {"$ref": "https://x.example.com/a.json"}, "/b": {"get": {}}})).encode()
    *_, found = told(main, b"It may not be called.", b"")
    assert "`https://x.example.com/a.json` could not be read: It may not be called." in str(found["report"]["warnings"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"a: b: c", "neither YAML nor JSON"), (b"a: 1", "no OpenAPI description"), (None, "not among the files")],
)
def test_it_says_why_it_can_read_nothing(content: bytes | None, sentence: str) -> None:
    (only,) = told(content)
    assert sentence in only["unread"]


def test_it_notices_that_the_other_side_is_gone() -> None:
    with pytest.raises(EOFError):
        read_frame(BytesIO(b"\0\0\0\x05abc"))
