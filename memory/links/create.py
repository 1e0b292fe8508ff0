"""Linking two memories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from memory.access import reach_of
from memory.content import differ
from memory.errors import MemoryNotFound
from memory.find import readable
from memory.limits import MOST_LINKS
from memory.links.facts import read_link
from memory.models import MemoryLink
from memory.redact import redactor_for
from memory.told import tell_linked


@dataclass(frozen=True)
class Linked:
    link: MemoryLink
    is_new: bool
    """False: it was there, and says what this one says."""


def link(
    *,
    by: Actor,
    from_id: UUID,
    to_id: UUID,
    type: str,  # noqa: A002  what a link calls it
    weight: float = 1.0,
    metadata: Mapping[str, Any] | None = None,
) -> Linked:
    """From the one to the other. The same type between the same two again puts weight and metadata.

    Needs to write where the first lies, and to read where the second lies. Raises Forbidden, MemoryNotFound with the
    ends that are not there, Invalid with every fault, Conflict where a memory has as many links as it may.
    """
    reach = reach_of(by)
    facts = read_link({"type": type, "weight": weight, "metadata": {} if metadata is None else metadata})
    if from_id == to_id:
        raise Invalid("A memory is not linked to itself.", faults=[Fault("$.to", "Give the id of another memory.")])
    ends = {memory.id: memory for memory in readable(reach).filter(id__in=(from_id, to_id))}
    missing = [path for path, memory_id in (("$.from", from_id), ("$.to", to_id)) if memory_id not in ends]
    if missing:
        raise MemoryNotFound(faults=[Fault(path, "There is no such memory.") for path in missing])
    reach.require_write(ends[from_id].namespace)
    facts, _ = redactor_for(ends[from_id].tenant_id, by).redact(facts)
    made = MemoryLink(
        tenant_id=ends[from_id].tenant_id, from_memory_id=from_id, to_memory_id=to_id, created_by=by.actor, **facts
    )
    there = _again(made, by)
    return Linked(there, is_new=False) if there else _insert(made, by)


def _again(made: MemoryLink, by: Actor) -> MemoryLink | None:
    """The one that is there, saying what this one says; None: there is none."""
    there = MemoryLink.objects.select_for_update().filter(
        from_memory=made.from_memory_id, to_memory=made.to_memory_id, type=made.type
    )
    earlier = there.first()
    if earlier is None or not (earlier.weight != made.weight or differ(earlier.metadata, made.metadata)):
        return earlier
    earlier.weight, earlier.metadata = made.weight, made.metadata
    earlier.save(update_fields=["weight", "metadata", "updated_at"])
    tell_linked(by=by, link=earlier)
    return earlier


def _insert(made: MemoryLink, by: Actor) -> Linked:
    for column, memory_id in (("from_memory", made.from_memory_id), ("to_memory", made.to_memory_id)):
        if MemoryLink.objects.filter(**{column: memory_id}).count() >= MOST_LINKS:
            raise Conflict(f"The memory {memory_id} has {MOST_LINKS:,} links already. Remove some.")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        # Somebody else made the same at this moment; or purged an end of it.
        there = _again(made, by)
        if there is None:
            raise MemoryNotFound from None
        return Linked(there, is_new=False)
    tell_linked(by=by, link=made)
    return Linked(made, is_new=True)
