"""Putting away what has expired: nobody finds it from that moment on, but its row is there until somebody does this."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from memory.embedding.queue import forget
from memory.models import Memory

EXPIRY = "system:expiry"
"""Who has deleted it, as it is shown."""


def put_away(memory_ids: Sequence[UUID]) -> int:
    """Those that have expired of them become deleted ones, without vectors; how many. In the tenant's scope."""
    expired = Memory.objects.filter(id__in=memory_ids, deleted_at=None, expires_at__lte=Now())
    count: int = expired.update(deleted_at=Now(), deleted_by=EXPIRY, updated_at=Now(), version=F("version") + 1)
    if count:
        forget(memory_ids)
    return count
