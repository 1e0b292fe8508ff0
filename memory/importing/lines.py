"""Cutting a file into lines, whatever their length, with little in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from memory.limits import LONGEST_IMPORT_LINE_BYTES

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Line:
    number: int
    """Counted from 1."""
    end: int
    """The byte after it and its line end."""
    text: bytes | None
    """Without its line end; None: it is longer than a line may be."""


def lines_from(parts: Iterable[bytes], *, line: int, position: int) -> Iterator[Line]:
    """The lines of a file whose bytes from `position` on are `parts`; `line` of its lines end before that."""
    waiting, length = bytearray(), 0
    for part in parts:
        begin = 0
        while (at := part.find(b"\n", begin)) >= 0:
            length += at - begin
            line, position = line + 1, position + length + 1
            yield Line(line, position, _text(waiting + part[begin:at], line) if _fits(length) else None)
            waiting, length, begin = bytearray(), 0, at + 1
        length += len(part) - begin
        waiting = waiting + part[begin:] if _fits(length) else bytearray()
    if length:
        text = _text(waiting, line + 1) if _fits(length) else None
        yield Line(line + 1, position + length, text)


def _fits(length: int) -> bool:
    return length <= LONGEST_IMPORT_LINE_BYTES


def _text(line: bytearray, number: int) -> bytes:
    text = bytes(line)
    return text.removeprefix(BOM) if number == 1 else text
