"""Another token in the place of one that has expired: asked for once, however many calls in however many processes
find it expired.

Within a process all who need it await one task. Among processes one claims the credential's row, with a condition that
only one of them can meet, and asks the vendor; no connection to PostgreSQL is held meanwhile. The others look at the
row until a newer token stands there. A claim ends by itself: who was killed holds up nobody for longer than that.

The new token is committed before anybody uses it, on the condition that the row still has the token it was asked with.
A process that is killed between the vendor's answer and the commit loses that answer. Where the vendor gives a new
refresh token each time, and takes the old one no more, somebody has to connect it again.
"""

import asyncio
from uuid import UUID
from weakref import WeakKeyDictionary

from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from integrations import egress
from integrations.connections.auth.base import Refusal
from integrations.connections.claims import CLAIMED, Claim, claim, keep, note_failure
from integrations.connections.timing import CLAIM_SECONDS
from integrations.errors import TokenUnavailable

LOOK_AGAIN_SECONDS = 0.1
PATIENCE_SECONDS = CLAIM_SECONDS + 10.0

_Flights = dict[UUID, "asyncio.Task[None]"]
_flights: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Flights]" = WeakKeyDictionary()


async def refresh(*, tenant_id: UUID, connection_id: UUID, after: int) -> None:
    """Return when the connection's credential has a token of a version above `after`, or another credential.

    It goes on when its caller is cancelled: what a vendor has answered must not be lost. Raises ConnectionMissing,
    ConnectionExpired when the vendor gives none for good, TokenUnavailable when it gives none now.
    """
    flights = _flights.setdefault(asyncio.get_running_loop(), {})
    flight = flights.get(connection_id)
    if flight is None:
        flight = flights[connection_id] = asyncio.create_task(_refresh(tenant_id, connection_id, after))
        flight.add_done_callback(lambda done: _landed(flights, connection_id, done))
    await asyncio.shield(flight)


async def aclose() -> None:
    """Wait for the vendors' answers that are under way, so that none is lost."""
    if flights := list(_flights.get(asyncio.get_running_loop(), {}).values()):
        await asyncio.wait(flights, timeout=PATIENCE_SECONDS)


def _landed(flights: _Flights, connection_id: UUID, flight: "asyncio.Task[None]") -> None:
    flights.pop(connection_id, None)
    if not flight.cancelled():
        flight.exception()  # looked at, so that nothing is said of it when all who waited have gone


async def _refresh(tenant_id: UUID, connection_id: UUID, after: int) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while True:
        found = await in_database_thread(claim, tenant_id, connection_id, after)
        if isinstance(found, Claim):
            return await _ask(found)
        if found is not CLAIMED:
            return None
        if loop.time() >= deadline:
            raise TokenUnavailable("Another process has been asking for a token for too long. Try again.")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _ask(claimed: Claim) -> None:
    try:
        answer = await egress.send(claimed.call.request, rules=claimed.rules)
        token = claimed.call.read(answer)
    except (Refusal, QuartermasterError) as failure:
        if error := await in_database_thread(note_failure, claimed, failure):
            raise error from failure
    else:
        await in_database_thread(keep, claimed, token)
