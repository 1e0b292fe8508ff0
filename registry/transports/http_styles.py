"""How a value that is no single word is written into a URL or a form: the styles of OpenAPI 3.1, 4.8.12.

| Style | `[3, 4]` as `a` | `{"x": 1}` as `a` | In OpenAPI |
|---|---|---|---|
| `form` | `a=3&a=4` | `x=1` | `form`, exploded |
| `comma` | `a=3,4` | `a=x,1` | `form` or `simple`, not exploded |
| `space` | `a=3%204` | `a=x%201` | `spaceDelimited` |
| `pipe` | `a=3%7C4` | `a=x%7C1` | `pipeDelimited` |
| `deepObject` | `a[0]=3&a[1]=4` | `a[x]=1` | `deepObject`, to any depth |
| `json` | `a=[3,4]` | `a={"x":1}` | `content: application/json` |

In a path, a text with the style `segments` keeps its slashes, as in `projects/p1/topics/t2` (`{+name}` in RFC 6570).
Without a style, a list is repeated and an object refused. Brackets and what stands between delimiters are
percent-encoded.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from accounts.errors import Fault, Invalid

QUERY_STYLES = ("form", "comma", "space", "pipe", "deepObject", "json")
PATH_STYLES = ("comma", "json", "segments")

_WHOLE = 1e21
"""From here on JavaScript, too, writes a number with an exponent (ECMA-262, 6.1.6.1.20)."""
_DELIMITERS = {"comma": ",", "space": "%20", "pipe": "%7C"}


def misplaced(source: str, message: str) -> Invalid:
    return Invalid("The input cannot be sent as it is. See `errors`.", faults=[Fault(f"$.{source}", message)])


def scalar(source: str, value: Any) -> str:
    """Raises Invalid for what is no single word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))  # JSON Schema takes 10.0 for an integer, and few services do
    if isinstance(value, str | int | float):
        return str(value)
    raise misplaced(source, "This is sent as a single word: give a string, a number or a boolean.")


def compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fields(name: str, source: str, value: Any, style: str = "") -> Iterator[str]:
    """`name=value`, percent-encoded, as often as it takes; nothing for null."""
    if value is None:
        return
    for field, text in _fields(name, source, value, style):
        yield f"{_quoted(field)}={text}"


def segment(source: str, value: Any, style: str = "") -> str:
    """A value as a part of a path, percent-encoded. Raises Invalid for what would lead elsewhere."""
    if style == "json":
        return _quoted(compact_json(value))
    if style == "comma" and isinstance(value, list | dict):
        # Of no words the path would end early: `DELETE /things/` is another thing than to delete none.
        return ",".join(_inside(source, word) for word in [*_words(value)] or [""])
    if style == "segments":
        return "/".join(_inside(source, part) for part in scalar(source, value).split("/"))
    return _inside(source, value)


def _inside(source: str, value: Any) -> str:
    text = scalar(source, value)
    # RFC 3986, 5.2.4: `.` and `..` are removed with what stands before them, even percent-encoded.
    if text in {"", ".", ".."}:
        raise misplaced(source, "This goes into the URL's path: it may not be empty, `.` or `..`.")
    return _quoted(text)


def _fields(name: str, source: str, value: Any, style: str) -> Iterator[tuple[str, str]]:
    if style == "json":
        yield name, _quoted(compact_json(value))
    elif style == "deepObject":
        yield from _deep(name, source, value)
    elif style in _DELIMITERS and isinstance(value, list | dict):
        words = [_quoted(scalar(source, word)) for word in _words(value)]
        if words:
            yield name, _DELIMITERS[style].join(words)
    elif isinstance(value, list):
        yield from ((name, _quoted(scalar(source, item))) for item in value)
    elif style == "form" and isinstance(value, dict):
        yield from ((key, _quoted(scalar(source, inner))) for key, inner in value.items() if inner is not None)
    else:
        yield name, _quoted(scalar(source, value))


def _words(value: list[Any] | Mapping[str, Any]) -> Iterator[Any]:
    """A list's items; of an object, names and values in turn."""
    if isinstance(value, list):
        yield from value
        return
    for key, inner in value.items():
        if inner is not None:
            yield from (key, inner)


def _deep(name: str, source: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _deep(f"{name}[{key}]", source, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _deep(f"{name}[{index}]", source, inner)
    elif value is not None:
        yield name, _quoted(scalar(source, value))


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
