"""Step 7: the event and what keeps it from coming twice, in one statement. Committed when it returns.

What comes at the same moment shares a round trip and a transaction, whichever source's it is.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, IntegrityError
from django.db.models import Q

from accounts.inserting import insert_together, insert_unless_there
from accounts.offload import in_database_thread
from accounts.tenancy import within
from accounts.together import Together
from registry.shaping.large import LARGE
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import EventStatus, Routing
from webhooks.receiving.flood import add, counting_copy
from webhooks.wake import wake_router

MOST_AT_ONCE = 50
MOST_COPIES = 100
"""Repetitions of one event that are kept singly; of more, each minute's are counted in one row."""
MOST_TRIES = 5
"""How often it is tried to write an event whose like has just gone."""
REPLAYED_ONCE = "replayed_once_key"
REPLAYED_ONCE_DETAIL = (
    "Its signature was used before, with another body: it does not cover the body, so each counts once. "
    "Somebody may be repeating what they have overheard."
)


async def store(event: WebhookEvent) -> WebhookEvent:
    """As it was written: one that was accepted before is a duplicate of that one."""
    if event.body_bytes > LARGE:
        (stored,) = await in_database_thread(_store_all, [event])
    else:
        stored = await _store_together(event)
    if isinstance(stored, Exception):
        raise stored
    return stored


async def _ask(events: Sequence[WebhookEvent]) -> Sequence[WebhookEvent | Exception]:
    return await in_database_thread(_store_all, events)


_store_together: Together[WebhookEvent, WebhookEvent] = Together(_ask, most=MOST_AT_ONCE, at_once=4)


def _store_all(events: Sequence[WebhookEvent]) -> list[WebhookEvent | Exception]:
    # In an order that all processes keep to: of two that bring the same events one waits, and not each for the other.
    order = sorted(range(len(events)), key=lambda number: bytes(events[number].dedup_key or b""))
    written = dict(zip(order, insert_unless_there([events[number] for number in order]), strict=True))
    return [_became(event, written[number]) for number, event in enumerate(events)]


def _became(event: WebhookEvent, written: bool | Exception) -> WebhookEvent | Exception:
    if isinstance(written, Exception):
        return written
    if not written:
        try:
            event = _again(event)
        except DatabaseError as error:
            return error
    if event.routing == Routing.WAITING:
        wake_router()
    return event


def _again(event: WebhookEvent) -> WebhookEvent:
    """There is one like it: this one is written as its duplicate."""
    for _ in range(MOST_TRIES):
        before = _one_before(event)
        if before is not None:
            _write_as_duplicate(event, before)
            return event
        # That one's time was over, just now.
        (written,) = insert_unless_there([event])
        if isinstance(written, Exception):
            raise written
        if written:
            return event
    raise IntegrityError("The events that this one repeats come and go.")


def _one_before(event: WebhookEvent) -> tuple[UUID, bool] | None:
    """Its id, and whether it is the same event."""
    same = Q(dedup_key=event.dedup_key)
    with within(event.tenant_id):
        like = WebhookEvent.objects.filter(source=event.source_id, status=EventStatus.ACCEPTED)
        like = like.filter(same | Q(once_key=event.once_key)) if event.once_key else like.filter(same)
        found = [(id_, bytes(key or b"") == event.dedup_key) for id_, key in like.values_list("id", "dedup_key")]
    return max(found, key=lambda each: each[1], default=None)


def _write_as_duplicate(event: WebhookEvent, before: tuple[UUID, bool]) -> None:
    """What has the signature of another event is none."""
    event.duplicate_of, is_same = before
    event.routing = Routing.NONE
    event.status = EventStatus.DUPLICATE if is_same else EventStatus.REJECTED
    if not is_same:
        event.reason, event.detail = REPLAYED_ONCE, REPLAYED_ONCE_DETAIL
    if not _is_one_of_many(event):
        insert_together(event.tenant_id, event)
    elif failure := add(counting_copy(event), 1):
        raise failure


def _is_one_of_many(event: WebhookEvent) -> bool:
    """Who has one signed request can repeat it for ever, and large ones would fill the disk."""
    with within(event.tenant_id):
        return WebhookEvent.objects.filter(duplicate_of=event.duplicate_of)[:MOST_COPIES].count() >= MOST_COPIES


def note_arrival(tenant_id: UUID, source_id: UUID, at: datetime) -> None:
    """Unless somebody is changing the source at this moment: nobody waits for a note, and none is worth a failure."""
    with suppress(DatabaseError), within(tenant_id):
        free = WebhookSource.objects.select_for_update(skip_locked=True).filter(id=source_id)
        WebhookSource.objects.filter(id__in=free.values("id")).update(last_event_at=at)
