"""Undoing a deletion: of one memory, or of all that were deleted together."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.caller import Actor
from accounts.errors import Conflict
from memory.access import reach_of
from memory.changing import lock_memory
from memory.colliding import alone, refuse_same
from memory.embedding.queue import COPIED, queue
from memory.errors import MemoryNotFound
from memory.find import readable
from memory.inserting import key_of, there_with
from memory.intervals import condition
from memory.limits import BATCH
from memory.models import Change, Memory
from memory.quota import take_room
from memory.told import common, tell_restored
from memory.versions import keep_versions, version_of

_NEEDED = ("id", "tenant_id", "namespace", "content_digest", "version", *COPIED)


@dataclass(frozen=True)
class Restored:
    count: int
    left: int
    """How many stay deleted: they have expired, or their namespace holds the same again."""


def restore_memory(*, by: Actor, memory_id: UUID) -> Memory:
    """The memory, which is there again; one that is not deleted stays as it is.

    Raises Forbidden, MemoryNotFound, QuotaReached, Conflict where it has expired or the same is there again.
    """
    try:
        memory, _ = lock_memory(by=by, memory_id=memory_id, deleted=True)
    except MemoryNotFound:
        return lock_memory(by=by, memory_id=memory_id)[0]
    if memory.expires_at is not None and memory.expires_at <= timezone.now():
        raise Conflict("This memory has expired: nobody would find it. Store it anew.")
    refuse_same(memory)
    take_room(memory.tenant_id, 1)
    earlier = version_of(memory, Change.RESTORED, by=by)
    memory.deleted_at, memory.deleted_by, memory.deletion_id = None, "", None
    memory.version += 1
    with alone(memory):
        keep_versions([earlier])
        memory.save(update_fields=["deleted_at", "deleted_by", "deletion_id", "version", "updated_at"])
    queue([memory])
    tell_restored(by=by, memories=[memory], count=1, namespace=memory.namespace)
    return memory


def restore_matching(*, by: Actor, deletion_id: UUID) -> Restored:
    """What one call of `delete_matching` has deleted, as far as the caller may write it; `Deleted.id` names it.

    Raises Forbidden, QuotaReached where there is no room for a batch, Conflict where somebody stores the same now.
    """
    reach = reach_of(by)
    deleted = readable(reach, deleted=True).filter(condition(reach.writable), deletion_id=deletion_id).order_by("id")
    lasting = deleted.only(*_NEEDED).filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
    last, count, first = UUID(int=0), 0, list[Memory]()
    while batch := list(lasting.filter(id__gt=last).select_for_update(of=("self",), no_key=True)[:BATCH]):
        there = there_with([key_of(memory) for memory in batch])
        free = [memory for memory in batch if key_of(memory) not in there]
        _restore(free, by)
        last, count, first = batch[-1].id, count + len(free), first or free
    if count:
        tell_restored(by=by, memories=first, count=count, namespace=common(first))
    return Restored(count, left=deleted.count())


def _restore(memories: Sequence[Memory], by: Actor) -> None:
    if not memories:
        return
    take_room(memories[0].tenant_id, len(memories))
    back = Memory.objects.filter(id__in=[memory.id for memory in memories])
    try:
        with transaction.atomic():
            keep_versions([version_of(memory, Change.RESTORED, by=by) for memory in memories])
            back.update(deleted_at=None, deleted_by="", deletion_id=None, updated_at=Now(), version=F("version") + 1)
    except IntegrityError as error:
        raise Conflict("Somebody stores the same as one of these at this moment. Try again.") from error
    queue(memories)
