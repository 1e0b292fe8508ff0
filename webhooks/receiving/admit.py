"""Step 2: what needs no look inside: where it comes from, whether the source is on, and how large it is."""

from accounts.errors import Forbidden, MethodNotAllowed, TooLarge, Unavailable
from accounts.networks import is_within
from webhooks.errors import SourceDisabled
from webhooks.models.event import Origin
from webhooks.models.source import SourceState
from webhooks.receiving.types import Arrival, Refused

METHODS = ("POST", "PUT", "PATCH")
"""In which events come. Handshakes come in others, too."""
LARGEST_HEAD = 64_000
"""Bytes of an address and its headers."""
DISABLED_AGAIN_SECONDS = 3600


def admit(arrival: Arrival) -> None:
    """Raises Refused."""
    source = arrival.source
    if arrival.origin is Origin.SENDER and not is_within(arrival.address, source.networks):
        where = arrival.address or "an address that cannot be told"
        raise Refused(
            "address_not_allowed",
            f"It came from {where}, which the source's allowed networks do not name.",
            Forbidden("The admins of this address take nothing from where you send. They can add your network."),
        )
    if source.state is SourceState.DISABLED:
        answer = SourceDisabled(retry_after=DISABLED_AGAIN_SECONDS)
        raise Refused("source_disabled", "The source is disabled. Enable or pause it, so that it takes events.", answer)
    if arrival.fault:
        raise _incomplete(arrival)


def require_event_method(arrival: Arrival) -> None:
    """Raises Refused. What is no event may be a handshake: ask this afterwards."""
    if arrival.received.method not in METHODS:
        raise Refused(
            "method_not_allowed",
            f"It came as {arrival.received.method}. Events come as {', '.join(METHODS)}.",
            MethodNotAllowed(),
        )


def _incomplete(arrival: Arrival) -> Refused:
    most = arrival.source.max_body_bytes
    if arrival.fault == "too_large":
        return Refused(
            "too_large",
            f"It is larger than {most:,} bytes, or its headers than {LARGEST_HEAD:,}. Raise the source's largest body.",
            TooLarge(f"This address takes bodies of at most {most} bytes, and headers of {LARGEST_HEAD}. Send less."),
        )
    return Refused(
        "truncated",
        "The connection ended, or nothing more came for a while, before all of the body was there.",
        Unavailable("The body did not come in time. Send the event again.", retry_after=1),
    )
