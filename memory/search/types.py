"""What travels through a search: the request, what was found, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from memory.models import Memory
from memory.namespaces import EVERYWHERE
from memory.search.conditions import Condition
from memory.search.limits import USUAL_HITS


class Mode(StrEnum):
    HYBRID = "hybrid"
    """By meaning and by words; what both find comes first."""
    SEMANTIC = "semantic"
    """By meaning: the vectors nearest to the question's."""
    KEYWORD = "keyword"
    """By the words of the question."""


class Route(StrEnum):
    """How vectors were compared."""

    NONE = "none"
    """Not at all: by words alone, or there was none to compare."""
    EXACT = "exact"
    """All that may be found, one by one."""
    ANN = "ann"
    """Those to which an index led (approximate nearest neighbours)."""


class Arm(StrEnum):
    """A list of memories that an answer is made of."""

    SEMANTIC = "semantic"
    KEYWORD = "keyword"
    LINKS = "links"


@dataclass(frozen=True)
class SearchRequest:
    """Everything but what nobody may choose: the tenant, and what the caller may read."""

    query: str | None = None
    vector: tuple[float, ...] | None = None
    """In place of the one that the query would be given."""
    limit: int = USUAL_HITS
    subtree: str = EVERYWHERE
    tags: tuple[str, ...] = ()
    """A memory has all of them."""
    kinds: tuple[str, ...] = ()
    """Any of these; none: any at all. So with `trust`."""
    where: Condition | None = None
    valid_at: datetime | None = None
    """None: now."""
    any_time: bool = False
    """Those, too, whose time has not come or is over. Expired ones are never found."""
    trust: tuple[str, ...] = ()
    end_user: str | None = None
    mode: Mode = Mode.HYBRID
    expand_links: int = 0
    """Over how many links to go from what was found."""
    max_tokens: int | None = None
    fields: tuple[str, ...] | None = None
    """None: all of them."""
    explain: bool = False


@dataclass(frozen=True)
class Part:
    """What one list gave to a hit's score."""

    arm: Arm
    rank: int
    """From 1 on, in that list."""
    value: float
    """What the list is ordered by: similarity; PostgreSQL's `ts_rank`; how strongly it is linked to what was found."""
    adds: float
    via: UUID | None = None
    """Of a link: the memory that it leads on from."""


@dataclass(frozen=True)
class Hit:
    memory: Memory
    score: float
    """Hybrid: 1 for what is first in every list. Semantic: the similarity. Keyword: `ts_rank`."""
    similarity: float | None
    """1 less the cosine distance; None for what only words or links have found."""
    embedding: str
    """How far its vector is: `ready`, `pending` or `failed`."""
    parts: tuple[Part, ...] = ()
    shortened: Mapping[str, object] = field(default_factory=dict)
    """Fields that are told cut, for want of room."""
    left: frozenset[str] | None = None
    """The fields that are told at all, for want of room; None: all that were asked for."""


@dataclass(frozen=True)
class How:
    """How it was searched."""

    mode: Mode
    """In fact: without vectors, hybrid is keyword."""
    route: Route = Route.NONE
    index: str = ""
    """`own`: over the tenant's vectors alone; `shared`: over those of all; else empty."""
    scanned: int = 0
    """Exact: vectors that were compared. By an index: candidates that it gave."""
    model: str = ""
    fell_back: bool = False
    """Whether the index gave too little, so that all were compared after all."""
    degraded: str = ""
    """Why less was done than was asked for; empty: nothing was left out."""


@dataclass(frozen=True)
class Answer:
    hits: tuple[Hit, ...]
    how: How
    tokens: int = 0
    """About what the hits take of a model's context, as `registry/shaping/weight.py` estimates it."""
    truncated: bool = False
    """Whether hits were left out, or the first one cut, to keep to `max_tokens`."""
