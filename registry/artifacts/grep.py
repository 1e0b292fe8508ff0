"""Finding lines of an artifact: matches with the lines around them, so many bytes at a time, and where to go on."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from integrations.patterns import Pattern
from registry.artifacts.reading import require_text
from registry.artifacts.sealed import Sealed

MOST_MATCHES = 100
MOST_CONTEXT = 10
MOST_SCANNED_BYTES = 8_000_000
PATIENCE_SECONDS = 2.0
"""After so long a search stops after its line and says where to go on."""
LONGEST_LINE = 64_000
"""A longer line is looked at in pieces of so many bytes; what is found across two of them is missed."""
SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class Line:
    number: int
    offset: int
    text: str


@dataclass(frozen=True)
class Match:
    line: Line
    before: tuple[Line, ...]
    after: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    matches: list[Match]
    scanned_bytes: int
    next_offset: int | None
    """Where to go on; None: everything was looked at."""


def grep(sealed: Sealed, pattern: Pattern, *, offset: int = 0, context: int = 0) -> Found:
    """The lines from `offset` on in which the pattern is found, each cut to what is worth showing."""
    require_text(sealed, "grep")
    matches: list[Match] = []
    earlier: deque[Line] = deque(maxlen=context)
    until = monotonic() + PATIENCE_SECONDS
    for line, end in _lines(sealed, offset):
        full = len(matches) == MOST_MATCHES
        waiting = [each for each in matches[-context - 1 :] if len(each.after) < context]
        if full and not waiting:
            return Found(matches, line.offset - offset, line.offset)
        is_match = not full and pattern.finds(line.text)
        shown = _shown(line, pattern) if is_match else _cut(line)
        for each in waiting:
            each.after.append(shown)
        if is_match:
            matches.append(Match(shown, tuple(earlier)))
        earlier.append(shown)
        if end - offset >= MOST_SCANNED_BYTES or monotonic() > until:
            return Found(matches, end - offset, end if end < sealed.size else None)
    return Found(matches, max(0, sealed.size - offset), None)


def _lines(sealed: Sealed, offset: int) -> Iterator[tuple[Line, int]]:
    """Each line, without its end, and the offset after it."""
    number, at, waiting = sealed.line_at(offset), offset, b""
    for part in sealed.parts(offset):
        *whole, waiting = (waiting + part).split(b"\n")
        for piece in whole:
            end = at + len(piece) + 1
            yield Line(number, at, _text(piece)), end
            number, at = number + 1, end
        while len(waiting) >= LONGEST_LINE:
            piece, waiting = waiting[:LONGEST_LINE], waiting[LONGEST_LINE:]
            yield Line(number, at, _text(piece)), at + len(piece)
            at += len(piece)
    if waiting:
        yield Line(number, at, _text(waiting)), at + len(waiting)


def _text(piece: bytes) -> str:
    return piece.decode("utf-8", "replace").rstrip("\r")


def _cut(line: Line) -> Line:
    text = line.text
    return line if len(text) <= SHOWN_CHARACTERS else Line(line.number, line.offset, text[:SHOWN_CHARACTERS] + "…")


def _shown(line: Line, pattern: Pattern) -> Line:
    """A long line from where the pattern is found in it: the engine says whether, so halves are tried."""
    text = line.text
    if len(text) <= SHOWN_CHARACTERS:
        return line
    low, high = 0, len(text)
    while low < high:  # the shortest beginning that has a match ends where the first match does
        middle = (low + high) // 2
        low, high = (low, middle) if pattern.finds(text[:middle]) else (middle + 1, high)
    start = max(0, min(low - SHOWN_CHARACTERS // 2, len(text) - SHOWN_CHARACTERS))
    shown = text[start : start + SHOWN_CHARACTERS]
    more = start + len(shown) < len(text)
    return Line(line.number, line.offset, f"{'…' if start else ''}{shown}{'…' if more else ''}")
