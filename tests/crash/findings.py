"""One thing that must hold, and whether it does."""

from collections.abc import Collection
from dataclasses import dataclass

MOST_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    sentence: str
    holds: bool
    examples: tuple[str, ...] = ()
    """Of what must not be there."""


def none_of(found: Collection[object], sentence: str) -> Finding:
    """Nothing was found of what must not be there: the sentence goes on behind the number."""
    return Finding(f"{len(found)} {sentence}", not found, tuple(map(str, list(found)[:MOST_SHOWN])))
