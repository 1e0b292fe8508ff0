"""What becomes of a request that came to a source. Reading order is the order of the steps; `find` comes before.

Whatever is refused on the way is stored, too. Nothing is answered before what it says is committed.
"""

from time import perf_counter

from accounts.offload import in_database_thread
from webhooks.errors import SignatureInvalid
from webhooks.live import tell_pages
from webhooks.models import WebhookEvent
from webhooks.models.event import EventStatus
from webhooks.receiving import metrics
from webhooks.receiving.admit import admit, require_event_method
from webhooks.receiving.answer import accepted, refusal
from webhooks.receiving.flood import count, counting, is_flooded
from webhooks.receiving.greet import greet
from webhooks.receiving.identify import identify
from webhooks.receiving.limit import limit
from webhooks.receiving.rows import accepted_row, bare_row, challenge_row, rejected_row
from webhooks.receiving.store import note_arrival, store
from webhooks.receiving.types import Answer, Arrival, Identity, Refused
from webhooks.receiving.verdict import judge


async def receive(arrival: Arrival) -> tuple[Answer, WebhookEvent]:
    """The answer, and the event as it was stored. Raises what keeps it from being stored: PostgreSQL or vault away."""
    began = perf_counter()
    try:
        answer, event = await _walk(arrival)
    except Refused as refused:
        answer, event = refusal(refused.answer), await _turn_away(arrival, refused)
    metrics.count(event, perf_counter() - began)
    if arrival.is_first_in_a_while:
        await in_database_thread(note_arrival, event.tenant_id, event.source_id, event.received_at)
    tell_pages(event.tenant_id)
    return answer, event


async def _walk(arrival: Arrival) -> tuple[Answer, WebhookEvent]:
    admit(arrival)
    greeting = await greet(arrival)
    if greeting is not None:
        return greeting, await _note_greeting(arrival)
    require_event_method(arrival)
    verdict, once = await judge(arrival)
    await limit(arrival, verdict)
    identity = await identify(arrival, once)
    event = await store(await accepted_row(arrival, identity, verdict))
    if event.status == EventStatus.REJECTED:
        return refusal(SignatureInvalid()), event
    return accepted(event), event


async def _note_greeting(arrival: Arrival) -> WebhookEvent:
    """Anybody can ask for one: they are counted like refusals."""
    if await _is_flooded(arrival):
        return await count(counting(bare_row(arrival, EventStatus.CHALLENGE)))
    return await store(await challenge_row(arrival))


async def _turn_away(arrival: Arrival, refused: Refused) -> WebhookEvent:
    if await _is_flooded(arrival):
        return await count(counting(bare_row(arrival, EventStatus.REJECTED, refused)))
    return await store(await rejected_row(arrival, refused, await _identity(arrival)))


async def _is_flooded(arrival: Arrival) -> bool:
    return await is_flooded(arrival.source.id, arrival.received.at)


async def _identity(arrival: Arrival) -> Identity | None:
    """What it says that it is, for whoever looks for it. Of half a body nothing is known."""
    return None if arrival.fault else await identify(arrival)
