"""Step 6: how many events a source takes. Only those that are believed count, so that nobody else uses its rate up."""

from datetime import UTC, datetime

from accounts.errors import Throttled
from registry.execution.shared import LEFT_ALONE_SECONDS
from registry.limits.bounds import Bound, Subject, bounds_of
from registry.limits.take import take
from webhooks.receiving.types import Arrival, Refused


async def limit(arrival: Arrival, verdict: dict[str, object]) -> None:
    """Raises Refused. While Redis is away events are let in, unless the limit says otherwise."""
    source = arrival.source
    if source.limits is None:
        return
    subject = Subject("source", source.tenant_id, source.id, "this source")
    bounds = list(bounds_of(subject, source.limits, datetime.now(UTC)))
    taken = await take(bounds, str(arrival.id))
    if taken is None:
        closed = next((bound for bound in bounds if bound.is_closed), None)
        if closed is not None:
            raise _refusal(closed, LEFT_ALONE_SECONDS, verdict)
    elif taken.refusing is not None:
        raise _refusal(taken.refusing, taken.wait_seconds, verdict)


def _refusal(bound: Bound, wait_seconds: float, verdict: dict[str, object]) -> Refused:
    return Refused(
        "rate_limited",
        f"The source's rate is used up: {bound.said.replace('call', 'event')}. Raise it, or leave it out.",
        Throttled("Too many events come at once. Send this one again later.", retry_after=wait_seconds),
        verdict=verdict,
    )
