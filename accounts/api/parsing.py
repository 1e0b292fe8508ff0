"""Reading JSON so strictly that whatever passes can be stored: no NUL, no lone surrogate, no NaN, bounded depth."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from accounts.errors import Malformed, TooLarge, UnsupportedMediaType

DEEPEST = 100
"""How many arrays and objects may stand inside one another."""

_CHARSET = re.compile(r";\s*charset=\"?([^\s;\"]+)", re.IGNORECASE)
_UNSTORABLE_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def read_json(raw: bytes) -> Any:
    """`raw` as a JSON value. Raises Malformed with what is wrong and where."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        # An integer of more digits than Python reads (PEP 686's sibling limit, 4,300).
        raise Malformed("The body holds a number with too many digits. Send it as a string.") from error
    if raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _refuse_depth(value)
    if b"\\u" in raw and _UNSTORABLE_ESCAPE.search(raw):
        _refuse_unstorable(value)
    return value


def _refuse_unstorable(value: Any, *steps: str | int) -> None:
    """Raise Malformed when a string holds what PostgreSQL cannot store: U+0000 or half a surrogate pair.

    It recurses, since the depth is known to be bounded, and writes no path but that of what it refuses.
    """
    if isinstance(value, str):
        _refuse_text(value, steps)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_text(key, steps)
            _refuse_unstorable(inner, *steps, key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_unstorable(inner, *steps, index)


def _refuse_text(text: str, steps: tuple[str | int, ...]) -> None:
    if "\x00" in text:
        raise Malformed(f"The string at {_path(steps)} holds a NUL character (U+0000), which cannot be stored.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Malformed(f"The string at {_path(steps)} holds half a surrogate pair, which is no character.")


def _path(steps: tuple[str | int, ...]) -> str:
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")


def _refuse_depth(value: Any) -> None:
    layer = [value]
    for _ in range(DEEPEST):
        layer = [inner for item in layer for inner in _inside(item)]
        if not layer:
            return
    raise _too_deep()


def _inside(item: Any) -> list[Any]:
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [value for value in inner if isinstance(value, dict | list)]


def _too_deep() -> Malformed:
    return Malformed(f"The body is nested too deeply: at most {DEEPEST} arrays and objects inside one another.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed("The body holds a number that is too large. Send it as a string.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"The body is not JSON: {name} is no JSON number.")


def refuse_encodings(request: Request | None) -> None:
    """Bodies are plain UTF-8: another encoding would be read as what nobody meant. Raises UnsupportedMediaType."""
    meta = request.META if request is not None else {}
    if meta.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("Bodies are taken as they are. Send it without Content-Encoding.")
    charset = _CHARSET.search(meta.get("CONTENT_TYPE", ""))
    if charset and charset[1].lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("JSON is UTF-8 (RFC 8259, 8.1). Send it so, and leave `charset` out.")


class StrictJSONParser(BaseParser):
    """DRF's door to `read_json`."""

    media_type = "application/json"

    def most_bytes(self) -> int:
        most: int = settings.REQUEST_BODY_LIMIT_BYTES
        return most

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        refuse_encodings((parser_context or {}).get("request"))
        most = self.most_bytes()
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise TooLarge(f"The body is larger than {most} bytes. Send less.")
        return read_json(raw)
