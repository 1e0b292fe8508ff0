"""What a memory said before."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Actor
from memory.find import find_memory
from memory.models import MemoryVersion


def history_of(*, by: Actor, memory_id: UUID, deleted: bool = False) -> QuerySet[MemoryVersion]:
    """Its earlier versions, the newest first; how it is now is not among them. Whoever may read it may read those.

    `deleted`: of one that was deleted. Raises Forbidden, MemoryNotFound.
    """
    memory = find_memory(by=by, memory_id=memory_id, deleted=deleted)
    return MemoryVersion.objects.filter(memory=memory)
