"""What a memory said before."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Collate

from accounts.caller import Actor
from memory.access import reach_of
from memory.find import one_of, readable
from memory.intervals import EVERYTHING, condition
from memory.models import MemoryVersion


def history_of(*, by: Actor, memory_id: UUID, deleted: bool = False) -> QuerySet[MemoryVersion]:
    """Its earlier versions, the newest first; how it is now is not among them.

    Whoever may read it may read those, but for what it said while it lay where they may not read. `deleted`: of one
    that was deleted. Raises Forbidden, MemoryNotFound.
    """
    reach = reach_of(by)
    memory = one_of(readable(reach, deleted=deleted), memory_id)
    versions = MemoryVersion.objects.filter(memory=memory)
    if reach.readable == EVERYTHING:
        return versions
    lay = versions.annotate(lay_in=Collate(KT("facts__namespace"), "C"))
    return lay.filter(Q(facts={}) | condition(reach.readable, column="lay_in"))
