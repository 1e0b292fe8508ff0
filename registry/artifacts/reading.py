"""Reading an artifact on: by bytes, by lines, or the part of its JSON that a path leads to."""

import base64
from dataclasses import dataclass
from typing import Any

from accounts.api.parsing import read_json
from accounts.errors import Fault, Invalid
from registry.artifacts.content import JSON_TYPE
from registry.artifacts.sealed import Sealed
from registry.json_query import BadPath, NothingThere, TooMuchToRead, read_query
from registry.shaping.budget import fit

USUAL_BYTES = 16_000
FEWEST_BYTES = 16
MOST_BYTES = 200_000
LARGEST_PARSED_BYTES = 20_000_000
"""Of JSON that a path is read in: it has to be parsed whole."""
USUAL_TOKENS = 4_000

_MARK = 0b1100_0000  # UTF-8: in a byte that continues a letter, these bits are 10


@dataclass(frozen=True)
class Part:
    content: str
    encoding: str
    """`utf-8`, or `base64` of what is no text."""
    offset: int
    """In bytes, where this begins: on a whole letter."""
    next_offset: int | None
    """Where to read on; None at the end."""
    lines: tuple[int, int] | None = None
    """The first and the last line of which something is here."""
    next_line: int | None = None
    """The first line that is not here whole; None at the end."""


def read_bytes(sealed: Sealed, offset: int, limit: int) -> Part:
    """Up to `limit` bytes from `offset` on; whole letters of a text."""
    if not sealed.artifact.is_text:
        data = sealed.read(offset, offset + limit)
        return Part(base64.b64encode(data).decode(), "base64", offset, _next(sealed, offset + len(data)))
    offset, data = _whole_letters(sealed, offset, limit)
    return Part(data.decode("utf-8", "replace"), "utf-8", offset, _next(sealed, offset + len(data)))


def read_lines(sealed: Sealed, first: int, last: int | None, limit: int) -> Part:
    """Lines from 1 on, both ends included, as many as `limit` bytes bear; one that is longer is begun."""
    require_text(sealed, "lines")
    start = sealed.start_of_line(first)
    stop = sealed.size if last is None else sealed.start_of_line(last + 1)
    if start >= sealed.size:
        return Part("", "utf-8", sealed.size, None)
    start, data = _whole_letters(sealed, start, min(limit, stop - start))
    if start + len(data) < stop and b"\n" in data:
        data = data[: data.rindex(b"\n") + 1]
    end = start + len(data)
    ends_whole = end == sealed.size or data.endswith(b"\n")
    count = data.count(b"\n") + (not data.endswith(b"\n"))
    after = first + count - (not ends_whole)
    return Part(
        data.decode("utf-8", "replace"),
        "utf-8",
        start,
        _next(sealed, end),
        (first, first + count - 1),
        after if end < sealed.size else None,
    )


def read_path(sealed: Sealed, path: str, max_tokens: int) -> dict[str, Any]:
    """The value, or the values, that a JSON path (RFC 9535) leads to, cut to the budget."""
    if sealed.artifact.media_type != JSON_TYPE:
        raise _refusal("path", "This artifact is no JSON. Read it by `offset`, `lines` or `grep`.")
    if sealed.size > LARGEST_PARSED_BYTES:
        hint = f"This artifact is longer than {LARGEST_PARSED_BYTES:,} bytes. Read it by `offset`, `lines` or `grep`."
        raise _refusal("path", hint)
    try:
        query = read_query(path)
        value = query.value(read_json(sealed.read(0, sealed.size)))
    except NothingThere as error:
        raise _refusal("path", "There is nothing at this place.") from error
    except TooMuchToRead as error:
        raise _refusal("path", "This leads to too many values. Name a narrower place.") from error
    except BadPath as error:
        raise _refusal("path", str(error)) from error
    fitted = fit(value, max_tokens)
    return {"value": fitted.value, "cuts": [cut.as_told() for cut in fitted.cuts], "more_cuts": fitted.more_cuts}


def require_text(sealed: Sealed, parameter: str) -> None:
    if not sealed.artifact.is_text:
        raise _refusal(parameter, "This artifact is no text. Read its bytes by `offset`, or get it from `content/`.")


def _refusal(parameter: str, hint: str) -> Invalid:
    return Invalid("The artifact cannot be read like this.", faults=[Fault(parameter, hint)])


def _whole_letters(sealed: Sealed, offset: int, limit: int) -> tuple[int, bytes]:
    """Up to `limit` bytes from the first letter at or after `offset`, and none of them half a letter."""
    data = sealed.read(offset, offset + limit + 4)
    skipped = 0
    while skipped < min(3, len(data)) and offset and data[skipped] & _MARK == 0x80:
        skipped += 1
    end = skipped + limit
    while skipped < end < len(data) and data[end] & _MARK == 0x80:
        end -= 1
    return offset + skipped, data[skipped:end]


def _next(sealed: Sealed, offset: int) -> int | None:
    return offset if offset < sealed.size else None
