"""A detector whose candidates are judged, with the words that stand before them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integrations.redaction.detectors import Pattern, Span

_LETTERS_BEFORE = 40
MOST_REJECTED = 1_000
"""After so many candidates that were none, a text is a table of numbers: what begins within one is passed over."""


@dataclass(frozen=True, eq=False)
class Candidate:
    text: str
    start: int
    end: int
    whole: str
    """The text that it stands in."""

    @property
    def before(self) -> str:
        """The words before it on its line, in lower case."""
        return self.whole[max(0, self.start - _LETTERS_BEFORE) : self.start].rpartition("\n")[2].lower()

    @property
    def after(self) -> str:
        """The letter behind it. A judge may not look further: a stream has not more."""
        return self.whole[self.end : self.end + 1]

    @property
    def digits(self) -> str:
        return "".join(filter(str.isdigit, self.text))


Judge = Callable[[Candidate], int]
"""How many letters of the candidate are what is looked for; 0: none."""


@dataclass(frozen=True, eq=False)
class Judged(Pattern):
    judge: Judge = lambda candidate: len(candidate.text)
    longest: int = 128
    """How long a candidate may be."""

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        rejected = 0
        while (match := self.pattern.search(text, start)) is not None:
            first, end = match.span()
            length = self.judge(Candidate(match[0], first, end, text))
            if length:
                start = first + length
                yield Span(first, start, self.kind)
            else:
                rejected += 1
                start = first + 1 if rejected < MOST_REJECTED else end

    def _first(self, text: str, since: int) -> int:
        return max(since, len(text) - self.longest)
