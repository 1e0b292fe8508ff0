"""Looking at erasures, and at their proofs."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Actor
from accounts.roles import Right
from memory.errors import ErasureNotFound
from memory.models import MemoryErasure


def list_erasures(*, by: Actor) -> QuerySet[MemoryErasure]:
    """Raises Forbidden."""
    by.require(Right.PEOPLE)
    rows: QuerySet[MemoryErasure] = MemoryErasure.objects.all()
    return rows


def find_erasure(*, by: Actor, erasure_id: UUID) -> MemoryErasure:
    """Raises Forbidden, ErasureNotFound."""
    row = list_erasures(by=by).filter(id=erasure_id).first()
    if row is None:
        raise ErasureNotFound
    return row
