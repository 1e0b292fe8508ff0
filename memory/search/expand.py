"""Going on from what was found over links, in both directions: what is linked to a good hit may be one.

Every memory on the way, and at its end, is one that the search itself may find: no link leads past what the caller
may not read, or does not look for.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.db.models import Q

from memory.models import MemoryLink
from memory.search.fuse import Linked, Scored
from memory.search.limits import MOST_EDGES, MOST_SEEDS
from memory.search.scope import Scope

STEP = 0.5
"""How much of a memory's score goes on over a link of weight 1."""


def expand(scope: Scope, seeds: Sequence[Scored], *, steps: int) -> tuple[Linked, ...]:
    """What is linked to the best of `seeds`, the strongest first. Two queries for each step."""
    reached: dict[UUID, Linked] = {}
    strengths = {seed.memory_id: seed.score for seed in seeds[:MOST_SEEDS] if seed.score > 0}
    gone_on_from = set(strengths)
    for _ in range(steps):
        led = _lead_on(strengths, reached)
        allowed = set(scope.memories().filter(id__in=led).values_list("id", flat=True)) if led else set()
        fresh = {memory_id: link for memory_id, link in led.items() if memory_id in allowed}
        # Who is found again, by a longer way, is not gone on from again.
        strengths = {memory_id: link.strength for memory_id, link in fresh.items() if memory_id not in gone_on_from}
        gone_on_from |= set(strengths)
        for memory_id, link in fresh.items():
            if memory_id not in reached or link.strength > reached[memory_id].strength:
                reached[memory_id] = link
    return tuple(sorted(reached.values(), key=lambda link: (-link.strength, link.memory_id.int)))


def _lead_on(strengths: Mapping[UUID, float], reached: Mapping[UUID, Linked]) -> dict[UUID, Linked]:
    """Where the links of these memories lead, each by the strongest of them, and not back where one has come from."""
    led: dict[UUID, Linked] = {}
    for here, there, weight in _edges(strengths):
        if here in reached and reached[here].via == there:
            continue
        link = Linked(there, strengths[here] * weight * STEP, via=here)
        if there not in led or link.strength > led[there].strength:
            led[there] = link
    return led


def _edges(ids: Mapping[UUID, float]) -> Iterator[tuple[UUID, UUID, float]]:
    """From one of `ids` to another memory, in both directions; the strongest links, if they are too many."""
    if not ids:
        return
    rows = MemoryLink.objects.filter(Q(from_memory_id__in=ids) | Q(to_memory_id__in=ids)).order_by("-weight", "-id")
    for one, other, weight in rows.values_list("from_memory_id", "to_memory_id", "weight")[:MOST_EDGES]:
        if one in ids:
            yield one, other, weight
        if other in ids:
            yield other, one, weight
