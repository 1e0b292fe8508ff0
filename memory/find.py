"""Finding memories without a question: by id, and as lists."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from django.db.models import Q

from accounts.caller import Actor
from memory.access import Reach, reach_of
from memory.errors import MemoryNotFound
from memory.intervals import below
from memory.models import EmbeddingStatus, Memory, MemoryEmbedding, ModelState
from memory.models.memory import MemoryQuerySet
from memory.namespaces import read_subtree


class Which(TypedDict, total=False):
    """Which memories. All that is named holds at once."""

    subtree: str
    """A namespace with all below it; nothing: everywhere."""
    kind: str | None
    tags: Sequence[str]
    """Those that have all of them."""
    end_user: str | None
    trust: str | None
    where: Q | None
    """Conditions on metadata, ready: see `memory/search/conditions.py`."""
    valid_at: datetime | None


def find_memory(*, by: Actor, memory_id: UUID, deleted: bool = False) -> Memory:
    """`deleted`: one that was deleted, and is not there any more. Raises Forbidden, MemoryNotFound."""
    return one_of(readable(reach_of(by), deleted=deleted), memory_id)


def list_memories(*, by: Actor, deleted: bool = False, **which: Unpack[Which]) -> MemoryQuerySet:
    """The newest first. Raises Forbidden, and Invalid where `subtree` is no namespace."""
    return matching(readable(reach_of(by), deleted=deleted), which)


def embedding_status(memories: Collection[Memory]) -> dict[UUID, str]:
    """How far the vector is that searches use, one query for all; `pending` also where no row is yet."""
    rows = MemoryEmbedding.objects.filter(memory__in=[memory.id for memory in memories], model__state=ModelState.ACTIVE)
    found: dict[UUID, str] = dict(rows.order_by().values_list("memory_id", "status"))
    return {memory.id: found.get(memory.id, EmbeddingStatus.PENDING.value) for memory in memories}


def readable(reach: Reach, *, deleted: bool = False) -> MemoryQuerySet:
    rows: MemoryQuerySet = Memory.objects.deleted() if deleted else Memory.objects.there()
    return rows.in_namespaces(reach.readable)


def one_of(rows: MemoryQuerySet, memory_id: UUID) -> Memory:
    """Raises MemoryNotFound."""
    memory: Memory | None = rows.filter(id=memory_id).first()
    if memory is None:
        raise MemoryNotFound
    return memory


def matching(rows: MemoryQuerySet, which: Which) -> MemoryQuerySet:
    """Raises Invalid where the subtree is no namespace."""
    rows = rows.in_namespaces((below(read_subtree(which.get("subtree", ""))),))
    for name in ("kind", "end_user", "trust"):
        value = which.get(name)
        rows = rows if value is None else rows.filter(**{name: value})
    if tags := which.get("tags"):
        rows = rows.filter(tags__contains=list(tags))
    if (where := which.get("where")) is not None:
        rows = rows.filter(where)
    if (moment := which.get("valid_at")) is not None:
        rows = rows.valid_at(moment)
    return rows
