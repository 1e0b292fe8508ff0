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
    rows = Memory.objects.filter(id__in=memory_ids, deleted_at=None, expires_at__lte=Now()).order_by("id")
    expired = list(rows.select_for_update(of=("self",)).values_list("id", flat=True))
    Memory.objects.filter(id__in=expired).update(
        deleted_at=Now(), deleted_by=EXPIRY, updated_at=Now(), version=F("version") + 1
    )
    forget(expired)
    return len(expired)
