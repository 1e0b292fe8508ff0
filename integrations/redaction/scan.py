"""Redacting a text that arrives piece by piece: what of it is decided, and how it reads.

The scan keeps the letters that may still become a secret, and a little of what it has released before them, since
some secrets are known by what leads up to them. Offsets count from the text's first letter.
"""

from typing import NamedTuple

from integrations.redaction.detectors import LONGEST_CONTEXT, Span
from integrations.redaction.formats import TOKEN_LETTERS
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import Rules, mask
from integrations.redaction.text import find

WINDOW = 16_384
"""How many letters are held back at most, unless a known secret is longer: then as many as it has."""
_KEPT = 512
_LOOKED_BACK_AT = 8
_LOOK_AGAIN = 8
"""What is held is looked at again when it has grown by a part in so many: otherwise single letters cost squares."""


class Piece(NamedTuple):
    """A decided stretch of the text."""

    start: int
    end: int
    text: str
    """As it may be released: the letters themselves, a mask, or nothing for what an earlier mask stands for."""
    kind: str | None = None
    """Of what is masked; None: the letters themselves."""
    begins: bool = True
    """Whether the mask stands here."""


class Scan:
    def __init__(self, rules: Rules, known: KnownSecrets) -> None:
        self._rules = rules
        self._families = rules.families
        self._known = known
        self._text = ""
        """Its end is the end of what has arrived; its beginning is forgotten by and by."""
        self._begins = 0
        """Index from which on secrets are looked for: the letters before it are there to be looked back at."""
        self._decided = 0
        self._looked = 0
        self._masked_from: int | None = None
        """Index of something that was masked before its end was known."""
        self.arrived = 0
        """How many letters."""
        self._window = max(WINDOW, known.longest)

    @property
    def held(self) -> int:
        return len(self._text) - self._decided

    def feed(self, text: str) -> list[Piece]:
        self._text += text
        self.arrived += len(text)
        if len(self._text) - self._looked < (self._looked - self._decided) // _LOOK_AGAIN:
            return []
        pieces = self._look(last=False)
        return pieces + self.give_up() if self.held > self._window else pieces

    def finish(self) -> list[Piece]:
        return self._look(last=True)

    def give_up(self) -> list[Piece]:
        """Mask what is held back, and all that it goes on to be."""
        if not self.held:
            return []
        begun = next((span for span in self._find() if span.end > self._decided), None)
        self._masked_from = self._decided
        kind = begun.kind if begun else self._known.kind
        piece = self._piece(len(self._text), mask(kind), kind)
        self._shorten(self._masked_from)
        return [piece]

    def _look(self, *, last: bool) -> list[Piece]:
        spans = self._find()
        pieces = self._swallow(spans, last=last)
        end = len(self._text) if last else self._until(spans)
        for span in spans:
            if self._decided < span.end <= end:
                pieces += self._plain(span.start)
                found = self._text[span.start : span.end]
                pieces.append(self._piece(span.end, self._rules.render(span.kind, found), span.kind))
        pieces += self._plain(end)
        self._looked = len(self._text)
        self._forget(spans)
        return pieces

    def _find(self) -> list[Span]:
        return find(self._text, self._families, self._known, self._begins)

    def _until(self, spans: list[Span]) -> int:
        """Index up to which no more text can change anything."""
        end = self._open_from(self._decided)
        for span in reversed(spans):
            if span.start < end < span.end or span.end == len(self._text):
                end = min(end, span.start)
        return max(end, self._decided)

    def _open_from(self, since: int) -> int:
        first = self._known.open_from(self._text, self._begins, since)
        return min([first, *(one.open_from(self._text, self._begins, since) for one in self._families)])

    def _swallow(self, spans: list[Span], *, last: bool) -> list[Piece]:
        """What belongs to something that is masked already. When it turns out to be nothing, its word goes with it."""
        masked_from, end = self._masked_from, len(self._text)
        if masked_from is None:
            return []
        known = next((span for span in spans if span.start <= masked_from < span.end), None)
        if not last and ((known and known.end == end) or self._open_from(masked_from) == masked_from):
            pieces = [self._swallowed(end)]
            self._shorten(masked_from)
            return pieces
        rest = self._text[self._decided :]
        end = known.end if known else end - len(rest.lstrip(TOKEN_LETTERS))
        if last or end < len(self._text):
            self._masked_from = None
        return [self._swallowed(max(end, self._decided))]

    def _plain(self, end: int) -> list[Piece]:
        return [self._piece(end, self._text[self._decided : end])] if end > self._decided else []

    def _swallowed(self, end: int) -> Piece:
        return self._piece(end, "", self._known.kind, begins=False)

    def _piece(self, end: int, text: str, kind: str | None = None, *, begins: bool = True) -> Piece:
        piece = Piece(self._offset(self._decided), self._offset(end), text, kind, begins)
        self._decided = end
        return piece

    def _offset(self, index: int) -> int:
        return self.arrived - len(self._text) + index

    def _shorten(self, masked_from: int) -> None:
        """Forget the middle of something masked: how it began and how it ends is enough to see how it goes on."""
        cut = len(self._text) - _KEPT
        if cut > masked_from + _KEPT:
            self._text = self._text[: masked_from + _KEPT] + self._text[cut:]
            self._decided = self._looked = len(self._text)

    def _forget(self, spans: list[Span]) -> None:
        """Forget what no detector looks back at, but begin within nothing that was found."""
        begins = self._decided - LONGEST_CONTEXT
        if begins < LONGEST_CONTEXT or self._masked_from is not None:
            return
        for span in reversed(spans):
            if span.start < begins < span.end:
                begins = span.start
        cut = max(0, begins - _LOOKED_BACK_AT)
        self._text = self._text[cut:]
        self._begins = begins - cut
        self._decided -= cut
        self._looked -= cut
