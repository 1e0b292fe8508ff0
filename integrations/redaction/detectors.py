"""What finds something worth masking in a text: the contract, and the detector that is a pattern."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from integrations.redaction.unfinished import unfinished

LONGEST_CONTEXT = 512
"""How many letters before what is masked a detector looks at, at most."""

_LONGEST_LEAD = 16
"""How many letters before a word may lead up to a secret in it: `Bearer    `."""


class Span(NamedTuple):
    """A stretch of a text that is to be masked."""

    start: int
    end: int
    kind: str
    """The word in the mask: `[redacted:kind]`."""


class Detector(Protocol):
    """Finds one kind of thing in texts, and says in a growing text where one may have begun."""

    @property
    def kind(self) -> str: ...

    @property
    def anchors(self) -> tuple[str, ...]:
        """Texts of which one stands in everything that it finds."""

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        """Those that begin at `start` or later, in order. It may look at letters before `start`."""

    def open_from(self, text: str, start: int, since: int) -> int:
        """Where, from `since` on, the first begins that more text could make or lengthen; else the text's length.

        What leads up to it may begin at `start` or later.
        """


@dataclass(frozen=True, eq=False)
class Pattern:
    """A detector that is a regular expression, and perhaps a closer look."""

    kind: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    """A group named `secret` is what is masked; without one it is the whole match."""
    accept: Callable[[re.Match[str]], bool] = lambda match: True
    within: str = ""
    """The letters that every match is made of; empty: any."""
    begins: str = ""
    """What every match begins with; empty: anything."""

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        while (match := self.pattern.search(text, start)) is not None:
            if self.accept(match):
                yield Span(match.start(self.group), match.end(self.group), self.kind)
                start = max(match.end(), start + 1)
            else:
                start = match.start() + 1

    def open_from(self, text: str, start: int, since: int) -> int:
        start = max(start, _last_word(text) - _LONGEST_LEAD) if self.group else self._first(text, since)
        return end_of(self.unfinished, text, start, self.group)

    @cached_property
    def unfinished(self) -> re.Pattern[str]:
        """Matches what reaches the text's end and may still become a match of the pattern."""
        return re.compile(unfinished(self.pattern.pattern), self.pattern.flags)

    @cached_property
    def group(self) -> str | int:
        return "secret" if "secret" in self.pattern.groupindex else 0

    def _first(self, text: str, since: int) -> int:
        if self.within:
            return max(since, len(text.rstrip(self.within)))
        if self.begins:
            found = text.find(self.begins, since)
            return found if found >= 0 else max(since, len(text) - len(self.begins))
        return since


def end_of(unfinished: re.Pattern[str], text: str, start: int, group: str | int = 0) -> int:
    """Where what may still become a match begins, or its group; the text's length when nothing may."""
    match = unfinished.search(text, start)
    begins = match.start(group) if match else -1
    return begins if begins >= 0 else len(text)


def _last_word(text: str) -> int:
    """Where the letters begin behind the last space."""
    return len(text) - len(text.rsplit(None, 1)[-1]) if text and not text[-1].isspace() else len(text)
