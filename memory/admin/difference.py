"""What two texts have in common and what not, in pieces that a page can mark."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST_WORDS = 1_500
"""Of two passages: comparing takes time for the product of their lengths, so longer ones are told as a whole."""
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|\w+|\s+|[^\w\s]")


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    kind: Kind
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """By lines first, then by words within what differs. Put together, `same` and `new` are the later text."""
    return _merged(_by_lines(before.splitlines(keepends=True), after.splitlines(keepends=True)))


def _by_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for how, begin, end, start, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece(Kind.SAME, "".join(before[begin:end]))
        else:
            yield from _by_words("".join(before[begin:end]), "".join(after[start:stop]))


def _by_words(before: str, after: str) -> Iterator[Piece]:
    gone, new = _WORD.findall(before), _WORD.findall(after)
    if len(gone) * len(new) > MOST_WORDS**2:
        yield from (Piece(Kind.GONE, before), Piece(Kind.NEW, after))
        return
    for how, begin, end, start, stop in SequenceMatcher(None, gone, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece(Kind.SAME, "".join(gone[begin:end]))
        else:
            yield from (Piece(Kind.GONE, "".join(gone[begin:end])), Piece(Kind.NEW, "".join(new[start:stop])))


def _merged(pieces: Iterator[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].kind == piece.kind:
            found[-1] = Piece(piece.kind, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found
