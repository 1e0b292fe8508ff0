"""Deleting memories, so that it can be undone: one, or all that answer to a filter. Rows go when they are purged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.ids import new_id
from memory.access import reach_of
from memory.changing import lock_memory, lock_some, require_version
from memory.embedding.queue import forget
from memory.find import Which, matching, readable
from memory.limits import BATCH, MOST_MATCHING
from memory.models import Change, Memory
from memory.models.memory import MemoryQuerySet
from memory.namespaces import EVERYWHERE, read_subtree
from memory.told import common, tell_deleted
from memory.versions import keep_versions, version_of


@dataclass(frozen=True)
class Deleted:
    count: int
    is_whole: bool
    """False: there are more than one call deletes. Call again."""
    id: UUID | None
    """What `restore_matching` takes to undo it; None: nothing was deleted."""


def delete_memory(*, by: Actor, memory_id: UUID, version: int | None = None) -> Memory:
    """`version`: the one that was read, where it matters.

    Raises Forbidden, MemoryNotFound, PreconditionFailed.
    """
    memory, _ = lock_memory(by=by, memory_id=memory_id)
    if version is not None:
        require_version(memory, version)
    deletion_id = new_id()
    _delete([memory], by=by, deletion_id=deletion_id)
    memory.refresh_from_db(fields=["version", "updated_at", "deleted_at", "deleted_by", "deletion_id"])
    tell_deleted(by=by, memories=[memory], deletion_id=deletion_id, count=1, namespace=memory.namespace)
    return memory


def delete_matching(*, by: Actor, dry_run: bool = False, **which: Unpack[Which]) -> Deleted:
    """At most MOST_MATCHING in one call, the oldest first. A namespace alone is a filter, and all of it goes.

    `dry_run`: says how many, and leaves them. Raises Invalid without any condition, Forbidden unless all of the
    subtree may be written.
    """
    require_filter(which)
    reach = reach_of(by)
    subtree = read_subtree(which.get("subtree", EVERYWHERE))
    reach.require_write_below(subtree)
    rows = matching(readable(reach), which).order_by("id")
    if dry_run:
        return counted(rows)
    deletion_id, count, first = new_id(), 0, list[Memory]()
    while batch := lock_some(rows, min(BATCH, MOST_MATCHING - count)):
        _delete(batch, by=by, deletion_id=deletion_id)
        first = first or batch
        count += len(batch)
    if not count:
        return Deleted(0, is_whole=True, id=None)
    namespace = common(first) if count == len(first) else subtree
    tell_deleted(by=by, memories=first, deletion_id=deletion_id, count=count, namespace=namespace)
    return Deleted(count, is_whole=not rows.exists(), id=deletion_id)


def require_filter(which: Which) -> None:
    """Raises Invalid: nobody deletes everything by forgetting to say what."""
    if all(value in (None, "", "/") or value == () or value == [] for value in which.values()):
        said = "Name a namespace, or another condition."
        raise Invalid("This would be everything there is. See `errors`.", faults=[Fault("$.filter", said)])


def counted(rows: MemoryQuerySet) -> Deleted:
    count = len(rows.values_list("id")[: MOST_MATCHING + 1])
    return Deleted(min(count, MOST_MATCHING), is_whole=count <= MOST_MATCHING, id=None)


def _delete(memories: Sequence[Memory], *, by: Actor, deletion_id: UUID) -> None:
    keep_versions([version_of(memory, Change.DELETED, by=by) for memory in memories])
    ids = [memory.id for memory in memories]
    Memory.objects.filter(id__in=ids).update(
        deleted_at=Now(),
        deleted_by=by.actor,
        deletion_id=deletion_id,
        updated_at=Now(),
        version=F("version") + 1,
    )
    forget(ids)
