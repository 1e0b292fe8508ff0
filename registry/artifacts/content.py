"""What is kept of an answer: its text, its bytes, or its JSON written out so that lines mean something."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.shaping.weight import weigh

JSON_TYPE, TEXT_TYPE = "application/json", "text/plain"
LINE_WEIGHT = 200
"""An array or object that is longer is written over several lines, an entry on each."""

_PIECE = 60_000  # a multiple of four, for base64
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True)
class Content:
    media_type: str
    is_text: bool
    """UTF-8, with lines; otherwise bytes."""
    value: Any
    holds_secrets: bool = False
    """Whether something of it is masked where it is stored in the open."""

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of any length, none of them long."""
        if not self.is_text:
            data = self.value["base64"]
            return (base64.b64decode(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE))
        text = _slices(self.value) if self.media_type != JSON_TYPE else _written(self.value, 0)
        return (piece.encode() for piece in text)


def content_of(output: Any, media_type: str = "") -> Content:
    """`media_type` is what the service called a text."""
    if is_binary(output):
        return Content(_known(output["content_type"], "application/octet-stream"), False, output)
    if isinstance(output, str):
        return Content(_known(media_type, TEXT_TYPE), True, output)
    return Content(JSON_TYPE, True, output)


def is_binary(output: Any) -> bool:
    """Whether this is how a transport writes down bytes: `{"content_type", "base64"}`."""
    if not (isinstance(output, dict) and output.keys() == {"content_type", "base64"}):
        return False
    kind, data = output["content_type"], output["base64"]
    if not (isinstance(kind, str) and isinstance(data, str)):
        return False
    return len(data) % 4 == 0 and _BASE64.fullmatch(data) is not None


def _known(media_type: str, otherwise: str) -> str:
    """Something that can stand in a header; JSON is what is written as JSON, and nothing else."""
    return media_type if _MEDIA_TYPE.fullmatch(media_type) and media_type != JSON_TYPE else otherwise


def _slices(text: str) -> Iterator[str]:
    return (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))


def _written(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str) and len(value) > _PIECE:
        yield '"'
        yield from (json.dumps(piece, ensure_ascii=False)[1:-1] for piece in _slices(value))
        yield '"'
    elif isinstance(value, dict | list) and value and weigh(value, LINE_WEIGHT) > LINE_WEIGHT:
        yield from _over_lines(value, depth)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _over_lines(value: dict[str, Any] | list[Any], depth: int) -> Iterator[str]:
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    entries = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    before = opening + "\n" + " " * (depth + 1)
    for name, inner in entries:
        yield before if name is None else f"{before}{json.dumps(name, ensure_ascii=False)}: "
        yield from _written(inner, depth + 1)
        before = ",\n" + " " * (depth + 1)
    yield "\n" + " " * depth + closing
