"""Which indexes over vectors there should be, and what has to be done for it. Pure: facts in, steps out.

An exact search costs about a microsecond for each vector of 384 numbers, and finds all. So a tenant gets an index when
it has so many that this is felt, and keeps it until it has clearly fewer. The index is over that tenant's vectors
alone: a walk through one of all tenants finds, for a tenant that owns a tenth of them, mostly others' vectors, and
misses its own. The shared one is therefore the second choice. It is built only where more tenants want an index than
PostgreSQL can have without slowing down every write, as each is looked at there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from memory.indexes.facts import Facts, Known, Owner, name_of
from memory.models import IndexState, ModelState

BUILT_FROM = 25_000
"""Vectors of a tenant from which on it gets an index of its own."""
DROPPED_BELOW = 15_000
"""Vectors of a tenant below which it loses it."""
MOST_OWN = 100
"""Indexes of tenants, for each model. The largest tenants that have none yet come first."""
STILL = 1.1
"""Vectors that grew by less from one look to the next stand still: an index is built once, not filled row by row."""
LONGEST_WAIT = timedelta(minutes=10)
"""After so long an index is built while its vectors still grow."""
COMPLETE = 0.95
"""A model that is being prepared gets its indexes when it has so much of what the active one has."""
BLOATED = 1.5
"""One that takes so many times the bytes for a vector that it took when built holds deleted ones: it is built anew."""
GROWN = 4
"""One of so many times as many vectors as it was built over is built anew."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
"""Between two attempts to build one that failed. The pause doubles with each."""


@dataclass(frozen=True)
class Remove:
    """Drop what PostgreSQL has of that name, and forget the row."""

    name: str


@dataclass(frozen=True)
class Clear:
    """Drop what a building that was killed left behind. The row stays."""

    name: str


@dataclass(frozen=True)
class Adopt:
    """PostgreSQL has it whole: let searches use it."""

    owner: Owner
    rows: int
    bytes: int


@dataclass(frozen=True)
class Note:
    """Write down how many vectors it holds by now."""

    owner: Owner
    rows: int
    bytes: int


@dataclass(frozen=True)
class Await:
    """Write down that there should be one, with how many vectors there are now."""

    owner: Owner
    rows: int


@dataclass(frozen=True)
class Build:
    owner: Owner
    rows: int


@dataclass(frozen=True)
class Rebuild:
    """Build it anew beside the old one, which searches use meanwhile."""

    owner: Owner
    rows: int


Step = Remove | Clear | Adopt | Note | Await | Build | Rebuild

_ORDER: tuple[type[Step], ...] = (Adopt, Note, Await, Remove, Clear, Build, Rebuild)


def decide(facts: Facts) -> list[Step]:
    """What is to be done, in this order: what costs nothing, what gives room, and the most urgent building."""
    wanted = wanted_indexes(facts)
    names = {name_of(owner) for owner in wanted}
    steps: list[Step] = [Remove(name) for name in sorted(_present(facts) - names)]
    for owner, rows in wanted.items():
        steps += _tend(owner, rows, facts)
    return sorted(steps, key=lambda step: _urgency(step, facts))


def wanted_indexes(facts: Facts) -> dict[Owner, int]:
    """Those that there should be, with the vectors that each is over."""
    wanted: dict[Owner, int] = {}
    for model_id, state in facts.models.items():
        if state == ModelState.RETIRED:
            continue
        asking = _asking(model_id, facts)
        own = sorted(asking, key=lambda owner: (owner not in facts.known, -asking[owner]))[:MOST_OWN]
        wanted |= {owner: asking[owner] for owner in own}
        if len(asking) > MOST_OWN:
            wanted[model_id, None] = sum(rows for (model, _), rows in facts.vectors.items() if model == model_id)
    return wanted


def _asking(model_id: int, facts: Facts) -> dict[Owner, int]:
    """Tenants with enough vectors for an index of their own, or still enough for the one that they have."""
    asking: dict[Owner, int] = {}
    for (model, tenant_id), rows in facts.vectors.items():
        owner = (model, tenant_id)
        enough = DROPPED_BELOW if owner in facts.known else max(BUILT_FROM, COMPLETE * _of_active(owner, facts))
        if model == model_id and rows >= enough:
            asking[owner] = rows
    return asking


def _of_active(owner: Owner, facts: Facts) -> int:
    """How many vectors of the active model the tenant has, for one that is being prepared; else 0."""
    model_id, tenant_id = owner
    if facts.models.get(model_id) != ModelState.BUILDING or tenant_id is None:
        return 0
    active = (model for model, state in facts.models.items() if state == ModelState.ACTIVE)
    return max((facts.vectors.get((model, tenant_id), 0) for model in active), default=0)


def _present(facts: Facts) -> set[str]:
    return set(facts.found) | {name_of(owner) for owner in facts.known}


def _tend(owner: Owner, rows: int, facts: Facts) -> Iterable[Step]:
    known, found = facts.known.get(owner), facts.found.get(name_of(owner))
    if found is not None and not found.is_valid:
        return [Clear(name_of(owner))]
    if found is not None and (known is None or known.state != IndexState.READY):
        return [Adopt(owner, rows, found.bytes)]
    if found is not None and known is not None:
        noted = [Note(owner, rows, found.bytes)]
        return [*noted, Rebuild(owner, rows)] if _is_worn(known, rows, found.bytes) and _may_try(known) else noted
    if known is not None and _may_be_built(known, rows):
        return [Build(owner, rows)]
    if known is None or known.state in (IndexState.WAITING, IndexState.READY, IndexState.DROPPING):
        return [Await(owner, rows)]
    return []


def _is_worn(known: Known, rows: int, bytes_now: int) -> bool:
    if not known.rows_built or not rows:
        return False
    bloated = bytes_now / rows > BLOATED * known.bytes_built / known.rows_built
    return bloated or (rows > GROWN * known.rows_built and rows <= STILL * known.rows)


def _may_be_built(known: Known, rows: int) -> bool:
    if known.state == IndexState.WAITING:
        return rows <= STILL * known.rows or known.age >= LONGEST_WAIT
    # One that was being built, and of which there is nothing: that was killed at its beginning.
    return known.state in (IndexState.BUILDING, IndexState.FAILED) and _may_try(known)


def _may_try(known: Known) -> bool:
    """Whether it has rested since its last failure."""
    pause = min(FIRST_PAUSE * 2 ** min(known.attempts - 1, 16), LONGEST_PAUSE) if known.attempts else timedelta(0)
    return known.tried >= pause


def _urgency(step: Step, facts: Facts) -> tuple[int, bool, int]:
    """Of two buildings that of the active model, then the one over more vectors."""
    if isinstance(step, Build | Rebuild):
        return _ORDER.index(type(step)), facts.models.get(step.owner[0]) != ModelState.ACTIVE, -step.rows
    return _ORDER.index(type(step)), False, 0
