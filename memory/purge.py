"""Removing deleted memories for good: rows, earlier versions, links and vectors. What is purged cannot come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack
from uuid import UUID

from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from memory.access import reach_of
from memory.changing import lock_some
from memory.delete import require_filter
from memory.errors import MemoryNotFound
from memory.find import Which, matching, readable
from memory.limits import BATCH, MOST_MATCHING
from memory.models import Memory
from memory.namespaces import EVERYWHERE, read_subtree
from memory.told import common, tell_purged


@dataclass(frozen=True)
class Purged:
    count: int
    is_whole: bool
    """False: there are more than one call purges. Call again."""


def purge_memory(*, by: Actor, memory_id: UUID) -> None:
    """Raises Forbidden, MemoryNotFound, and Conflict for one that is not deleted."""
    by.require(Right.PEOPLE)
    reach = reach_of(by)
    memory = readable(reach, deleted=True).filter(id=memory_id).select_for_update(of=("self",)).first()
    if memory is None and readable(reach).filter(id=memory_id).exists():
        raise Conflict("This memory is not deleted. Delete it first: until it is purged, that can be undone.")
    if memory is None:
        raise MemoryNotFound
    reach.require_write(memory.namespace)
    _purge([memory])
    tell_purged(by=by, memories=[memory], count=1, namespace=memory.namespace)


def purge_matching(
    *, by: Actor, deleted_before: datetime | None = None, dry_run: bool = False, **which: Unpack[Which]
) -> Purged:
    """Of those that are deleted, at most MOST_MATCHING in one call. `deleted_before` is a condition like the others.

    Raises Forbidden, and Invalid without any condition.
    """
    by.require(Right.PEOPLE)
    if deleted_before is None:
        require_filter(which)
    reach = reach_of(by)
    subtree = read_subtree(which.get("subtree", EVERYWHERE))
    reach.require_write_below(subtree)
    rows = matching(readable(reach, deleted=True), which).order_by("id")
    if deleted_before is not None:
        rows = rows.filter(deleted_at__lt=deleted_before)
    if dry_run:
        found = len(rows.values_list("id")[: MOST_MATCHING + 1])
        return Purged(min(found, MOST_MATCHING), is_whole=found <= MOST_MATCHING)
    count, first = 0, list[Memory]()
    while batch := lock_some(rows, min(BATCH, MOST_MATCHING - count)):
        _purge(batch)
        count, first = count + len(batch), first or batch
    if count:
        tell_purged(by=by, memories=first, count=count, namespace=common(first) if count == len(first) else subtree)
    return Purged(count, is_whole=not rows.exists())


def _purge(memories: Sequence[Memory]) -> None:
    """PostgreSQL takes versions, links and vectors along."""
    Memory.objects.filter(id__in=[memory.id for memory in memories]).delete()
