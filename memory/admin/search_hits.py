"""An answer to a search, explained: what each hit's score is made of, and how it was searched."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from accounts.chrome.cells import readable_duration
from memory.admin.cells import address_of, namespace_links, tags, trust_badge
from memory.models import Memory, Trust
from memory.search.types import Answer, Arm, Hit, How, Mode, Part, Route

SHOWN = 400
"""Characters of a hit."""
_ARMS = {Arm.SEMANTIC: "by meaning", Arm.KEYWORD: "by words", Arm.LINKS: "by a link"}
_VALUES = {Arm.KEYWORD: "ts_rank", Arm.LINKS: "strength"}
MODES = {Mode.HYBRID: "By meaning and by words", Mode.SEMANTIC: "By meaning", Mode.KEYWORD: "By words"}
_INDEXES = {"own": "the tenant's own index", "shared": "the index over all tenants"}


@dataclass(frozen=True)
class PartRow:
    """What one list gave to the score."""

    arm: str
    said: str
    x: float
    width: float
    """In percent of the largest score on the page."""


@dataclass(frozen=True)
class HitRow:
    number: int
    memory: Memory
    url: str
    text: str
    is_cut: bool
    path: SafeString
    tags: SafeString
    trust: SafeString
    is_untrusted: bool
    score: str
    similarity: float | None
    parts: Sequence[PartRow]

    @property
    def similar_width(self) -> float:
        """0 to 1: vectors may point away from one another."""
        return max(0.0, self.similarity or 0.0)


def hit_rows(answer: Answer) -> list[HitRow]:
    largest = max((hit.score for hit in answer.hits), default=0.0) or 1.0
    return [_row(number, hit, largest) for number, hit in enumerate(answer.hits, start=1)]


def _row(number: int, hit: Hit, largest: float) -> HitRow:
    memory = hit.memory
    return HitRow(
        number=number,
        memory=memory,
        url=address_of(memory.id),
        text=memory.content[:SHOWN],
        is_cut=len(memory.content) > SHOWN,
        path=namespace_links(memory.namespace),
        tags=tags(memory.tags) if memory.tags else SafeString(),
        trust=trust_badge(memory),
        is_untrusted=memory.trust == Trust.UNTRUSTED,
        score=f"{hit.score:.3f}",
        similarity=None if hit.similarity is None else round(hit.similarity, 3),
        parts=_parts(hit.parts, largest),
    )


def _parts(parts: Sequence[Part], largest: float) -> list[PartRow]:
    rows, x = [], 0.0
    for part in parts:
        width = round(max(part.adds, 0) / largest * 100, 2)
        rows.append(PartRow(str(part.arm), _said(part), round(x, 2), width))
        x += width
    return rows


def _said(part: Part) -> str:
    """`by words: 2nd, ts_rank 0.061, adds 0.42`. The similarity stands beside them all, whatever has found the hit."""
    value = "" if part.arm is Arm.SEMANTIC else f", {_VALUES[part.arm]} {part.value:.2g}"
    return f"{_ARMS[part.arm]}: {_ordinal(part.rank)}{value}, adds {part.adds:.2g}"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def compared(how: How) -> str:
    """How vectors were compared, in a sentence."""
    if how.route is Route.NONE:
        return "No vectors were compared."
    if how.route is Route.EXACT:
        more = " The index had given too little." if how.fell_back else ""
        return f"All {how.scanned:,} vectors that may be found were compared, one by one.{more}"
    return f"{how.scanned:,} candidates came from {_INDEXES.get(how.index, 'an index')}."


def took(seconds: float) -> str:
    return readable_duration(int(seconds * 1_000_000))
