"""How many memories a tenant may keep: MEMORY_QUOTA, of those that are not deleted.

Far from the quota a process counts once in COUNTED_SECONDS and takes off what it makes itself; near it, each time. So
what several processes make in that time, or two requests at the same moment near the end, may go a little beyond.
"""

from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from cachetools import TTLCache
from django.conf import settings
from django.db.models import Sum

from memory.errors import QuotaReached
from memory.models import MemoryCount

COUNTED_SECONDS = 10
NEAR = 10_000
"""With less room than this it is counted each time."""


@dataclass
class _Room:
    """What a count has left. It is changed where it lies: put anew, it would never be old enough to be counted."""

    left: int


_rooms: TTLCache[UUID, _Room] = TTLCache(maxsize=2_000, ttl=COUNTED_SECONDS)
_lock = Lock()


def take_room(tenant_id: UUID, wanted: int) -> None:
    """Raises QuotaReached unless so many more may be made. Inside the tenant's scope."""
    if wanted > room_for(tenant_id, wanted):
        most = settings.MEMORY_QUOTA
        raise QuotaReached(
            f"Your tenant keeps as many memories as it may: {most:,}. Delete some, or have the operator raise "
            "MEMORY_QUOTA."
        )


def room_for(tenant_id: UUID, wanted: int) -> int:
    """How many of so many may be made; they are taken for made."""
    if not settings.MEMORY_QUOTA:
        return wanted
    with _lock:
        room = _rooms.get(tenant_id)
    if room is None or room.left - wanted < NEAR:
        room = _Room(max(settings.MEMORY_QUOTA - kept_by(tenant_id), 0))
        with _lock:
            _rooms[tenant_id] = room
    with _lock:
        got = min(room.left, wanted)
        room.left -= got
    return got


def kept_by(tenant_id: UUID) -> int:
    """How many memories there are, deleted ones not among them."""
    rows = MemoryCount.objects.filter(tenant_id=tenant_id, model=None)
    return rows.aggregate(kept=Sum("number"))["kept"] or 0
