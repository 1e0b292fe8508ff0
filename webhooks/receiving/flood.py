"""What is refused comes in floods: it is written singly at first, then as one row a minute, source and reason.

Whoever knows a source's address can post to it. They cost a row for each of the first of a minute, and then one
statement for all that are refused while the one before is under way.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cachetools import TTLCache
from django.db import DatabaseError
from django.db.models import F

from accounts.ids import id_in_minute
from accounts.inserting import insert_unless_there
from accounts.offload import in_database_thread
from accounts.tenancy import within
from accounts.together import Together
from registry.execution.shared import PREFIX, Script
from webhooks.models import WebhookEvent

SINGLY = 20
"""How many refusals of a source get a row of their own in a minute; while Redis is away, in each process."""

# How many this process has seen, by source and minute.
_seen: TTLCache[str, int] = TTLCache(maxsize=10_000, ttl=120)

_COUNT = Script(
    """
    local count = redis.call('INCR', KEYS[1])
    if count == 1 then redis.call('EXPIRE', KEYS[1], 120) end
    return count
    """
)


async def is_flooded(source_id: UUID, at: datetime) -> bool:
    """Whether this refusal is only counted. Asked once for each."""
    minute = f"{source_id}:{at:%Y%m%d%H%M}"
    _seen[minute] = seen = _seen.get(minute, 0) + 1
    if seen > SINGLY:
        return True
    count = await _COUNT([f"{PREFIX}hook-refused:{minute}"], [])
    return count is not None and count > SINGLY


def counting(event: WebhookEvent) -> WebhookEvent:
    """The row that stands for this one and others, from one in which nothing is of what came."""
    event.id = id_in_minute(f"{event.source_id}:{event.reason}:{event.received_at:%Y%m%d%H%M}", event.received_at)
    return event


async def count(event: WebhookEvent) -> WebhookEvent:
    """One more in its row, along with the others of this moment. Committed when it returns."""
    return await _count_together(event)


async def _ask(events: Sequence[WebhookEvent]) -> Sequence[WebhookEvent | Exception]:
    return await in_database_thread(_count_all, events)


_count_together: Together[WebhookEvent, WebhookEvent] = Together(_ask, most=10_000)


def _count_all(events: Sequence[WebhookEvent]) -> list[WebhookEvent | Exception]:
    rows = {event.id: event for event in events}
    numbers = Counter(event.id for event in events)
    became: dict[UUID, Exception | None] = {id_: add(rows[id_], number) for id_, number in sorted(numbers.items())}
    return [became[event.id] or event for event in events]


def counting_copy(event: WebhookEvent) -> WebhookEvent:
    """The row that stands for it and others like it, without what came: the one that it repeats has that."""
    minute = f"{event.received_at:%Y%m%d%H%M}"
    event.id = id_in_minute(f"{event.duplicate_of}:{event.status}:{minute}", event.received_at)
    event.sealed_head, event.sealed_body, event.body_bytes = None, None, 0
    return event


def add(row: WebhookEvent, number: int) -> Exception | None:
    """So many more in its row: why they cannot be counted, if they cannot."""
    try:
        if not _add_to_standing(row, number):
            row.count = number
            (written,) = insert_unless_there([row])
            if isinstance(written, Exception):
                return written
            if not written:
                _add_to_standing(row, number)
    except DatabaseError as error:
        return error
    return None


def _add_to_standing(row: WebhookEvent, number: int) -> bool:
    with within(row.tenant_id):
        return bool(WebhookEvent.objects.filter(id=row.id).update(count=F("count") + number))
