"""Texts as numbers: the words of BERT (uncased), and the pieces of words that its vocabulary has."""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

LONGEST_TEXT = 20_000
"""Characters of a text that are read at all."""
MOST_TOKENS = 256
"""Of a text, with the one at its beginning and the one at its end. What comes after them is not read."""
LONGEST_WORD = 100
"""Characters; a longer word is unknown."""

BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"

# Where signs stand for words or syllables, each is a word.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
# What ASCII has beside letters and digits is punctuation here, also where Unicode calls it a symbol.
_ASCII_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class Tokens:
    """Makes tokens of texts. What looks like `[SEP]` in a text is brackets and letters, never the end of it."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._ids = vocabulary
        self._begin, self._end, self._unknown = (vocabulary[name] for name in (BEGIN, END, UNKNOWN))
        self._longest_piece = max(map(len, vocabulary))

    @classmethod
    def read(cls, file: Path) -> "Tokens":
        """A vocabulary with one piece a line."""
        lines = file.read_text(encoding="utf-8").split("\n")
        return cls({line: number for number, line in enumerate(lines) if line})

    def of(self, text: str) -> list[int]:
        """At least two numbers, at most MOST_TOKENS."""
        found = [self._begin]
        for word in words_of(text[:LONGEST_TEXT]):
            found += self._pieces(word)
            if len(found) >= MOST_TOKENS:
                break
        return [*found[: MOST_TOKENS - 1], self._end]

    def _pieces(self, word: str) -> list[int]:
        """The longest piece that fits, then the next one; a word with a gap is unknown as a whole."""
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            piece = self._longest(word, start)
            if piece is None:
                return [self._unknown]
            number, start = piece
            found.append(number)
        return found

    def _longest(self, word: str, start: int) -> tuple[int, int] | None:
        """The number of the longest piece from here, and where it ends."""
        before = "##" if start else ""
        for end in range(min(len(word), start + self._longest_piece), start, -1):
            number = self._ids.get(before + word[start:end])
            if number is not None:
                return number, end
        return None


def words_of(text: str) -> Iterator[str]:
    """In lower case and without accents; every sign of punctuation and every ideograph is a word."""
    for run in _plain(text).split():
        yield from _at_signs(run)


def _plain(text: str) -> str:
    kept = "".join(_kept(sign) for sign in text)
    bare = "".join(sign for sign in unicodedata.normalize("NFD", kept) if unicodedata.category(sign) != "Mn")
    # Sign by sign: a sigma at the end of a word is like any other.
    return "".join(sign.lower() for sign in bare)


def _kept(sign: str) -> str:
    if sign.isascii() and sign.isprintable():
        return sign
    if sign in "\t\n\r" or unicodedata.category(sign) in ("Zs", "Zl", "Zp"):
        return " "
    if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") or sign == "\ufffd":
        return ""
    code = ord(sign)
    return f" {sign} " if any(low <= code <= high for low, high in _IDEOGRAPHS) else sign


def _at_signs(run: str) -> Iterator[str]:
    start = 0
    for position, sign in enumerate(run):
        if sign in _ASCII_SIGNS or unicodedata.category(sign)[0] == "P":
            if start < position:
                yield run[start:position]
            yield sign
            start = position + 1
    if start < len(run):
        yield run[start:]
