"""Making one order of several lists. Pure.

Values of different lists cannot be compared, ranks can: what is at rank r of a list is given 1 / (60 + r), and what
several lists have is given by all of them (reciprocal rank fusion). By itself that takes each list to be as good as
the other, for every question. But a question in other words than the memory's makes a list of words that is worth
nothing, and an error code one of meanings. So each entry is given that much times the cube of how sure its list is of
it: its similarity, or the share of the question that its words are. `docs/reference/benchmarks.md` has the figures
that the cube was chosen by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from memory.search.types import Arm, Part

DAMPING = 60
"""The larger, the less being first counts beside being found by another list, too."""
SHARPNESS = 3
"""The larger, the less is given to what a list is unsure of."""


@dataclass(frozen=True)
class Found:
    """One entry of a list."""

    memory_id: UUID
    value: float
    """What the list is ordered by."""
    sure: float
    """How sure the list is, from 0 to 1."""


@dataclass(frozen=True)
class Linked:
    """What a link leads to."""

    memory_id: UUID
    strength: float
    """What it adds to a score."""
    via: UUID


@dataclass(frozen=True)
class Listed:
    arm: Arm
    entries: Sequence[Found]
    """The best first."""


@dataclass(frozen=True)
class Scored:
    memory_id: UUID
    score: float
    parts: tuple[Part, ...]


def fuse(lists: Sequence[Listed]) -> list[Scored]:
    """The best first; 1 for what is first in every list, and sure. Equal ones in the order of the lists."""
    highest = len(lists) / (DAMPING + 1)
    parts: dict[UUID, list[Part]] = {}
    for each in lists:
        for rank, entry in enumerate(each.entries, start=1):
            adds = max(entry.sure, 0.0) ** SHARPNESS / (DAMPING + rank) / highest
            parts.setdefault(entry.memory_id, []).append(Part(each.arm, rank, entry.value, adds))
    scored = [Scored(memory_id, sum(part.adds for part in given), tuple(given)) for memory_id, given in parts.items()]
    return _ordered(scored)


def alone(only: Listed) -> list[Scored]:
    """A single list needs no ranks: its own values are the scores."""
    return [
        Scored(entry.memory_id, entry.value, (Part(only.arm, rank, entry.value, entry.value),))
        for rank, entry in enumerate(only.entries, start=1)
    ]


def add_linked(scored: Sequence[Scored], linked: Sequence[Linked]) -> list[Scored]:
    """With what links lead to, whether a list had it or not."""
    found = {each.memory_id: each for each in scored}
    for rank, link in enumerate(linked, start=1):
        before = found.get(link.memory_id, Scored(link.memory_id, 0.0, ()))
        part = Part(Arm.LINKS, rank, link.strength, link.strength, link.via)
        found[link.memory_id] = replace(before, score=before.score + link.strength, parts=(*before.parts, part))
    return _ordered(list(found.values()))


def _ordered(scored: Sequence[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda each: -each.score)
