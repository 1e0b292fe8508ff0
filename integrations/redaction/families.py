"""Detectors that share a first look, and what they find in a text."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from integrations.redaction.detectors import Detector, Pattern, Span, end_of


@dataclass(frozen=True, eq=False)
class Family:
    """Detectors that share a first look; where two find the same, the one named first gives its kind."""

    may_hold: Callable[[str], object]
    """Quick, and true for every text in which one of them would find something."""
    detectors: tuple[Detector, ...]
    reads_names: bool = False
    """Whether the name of a field says something about its value."""

    def suspects(self, text: str) -> list[Detector]:
        return list(dict.fromkeys([one for anchor, one in self._anchors if anchor in text]))

    def find(self, text: str, start: int = 0) -> list[Span]:
        """All that they find in a text that may hold something."""
        return [span for one in self.suspects(text) for span in one.find(text, start)]

    def open_from(self, text: str, start: int, since: int) -> int:
        tokens, others = self._unfinished
        first = len(text)
        for letters, pattern in tokens.items():
            first = min(first, end_of(pattern, text, max(since, len(text.rstrip(letters)))))
        return min([first, *(one.open_from(text, start, since) for one in others)])

    @cached_property
    def _unfinished(self) -> tuple[dict[str, re.Pattern[str]], list[Detector]]:
        """One pattern for all that are made of the same letters, and those that look for themselves."""
        tokens: dict[str, list[str]] = {}
        others: list[Detector] = []
        for one in self.detectors:
            if isinstance(one, Pattern) and one.within and not one.group:
                tokens.setdefault(one.within, []).append(one.unfinished.pattern)
            else:
                others.append(one)
        return {letters: re.compile("|".join(patterns)) for letters, patterns in tokens.items()}, others

    @cached_property
    def _anchors(self) -> list[tuple[str, Detector]]:
        return [(anchor, one) for one in self.detectors for anchor in one.anchors]


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, those that overlap as one; of these the first given says the kind."""
    ranked = sorted(enumerate(spans), key=lambda pair: (pair[1].start, pair[0]))
    result: list[tuple[int, Span]] = []
    for rank, span in ranked:
        if result and span.start < result[-1][1].end:
            first, last = result[-1]
            kind = last.kind if first < rank else span.kind
            result[-1] = (min(first, rank), Span(last.start, max(last.end, span.end), kind))
        else:
            result.append((rank, span))
    return [span for _, span in result]
