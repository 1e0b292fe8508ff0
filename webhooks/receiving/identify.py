"""Step 5: which event it is: by the provider's own id, else by what it says."""

import hashlib
from dataclasses import replace

from registry.shaping.large import by_weight
from registry.transports.text import storable
from webhooks.models.event import Origin
from webhooks.receiving.types import Arrival, Identity
from webhooks.signatures.event import EventFacts, event_of
from webhooks.sources.places import read_place

_NOTHING = EventFacts(None, "")


async def identify(arrival: Arrival, once: str = "") -> Identity:
    return await by_weight(len(arrival.received.body), lambda: _identity(arrival, once))


def _identity(arrival: Arrival, once: str) -> Identity:
    facts = _facts(arrival)
    return Identity(
        external_id=storable(facts.id or ""),
        event_type=storable(facts.type),
        dedup_key=_dedup_key(arrival, facts),
        once_key=_digest(b"once", once.encode()) if once and arrival.origin is not Origin.TEST else None,
    )


def _facts(arrival: Arrival) -> EventFacts:
    source = arrival.source
    scheme = source.scheme
    if scheme is None:
        return _NOTHING
    if source.event_id_at:
        scheme = replace(scheme, event_id=(read_place(source.event_id_at),))
    if source.event_type_at:
        scheme = replace(scheme, event_type=(read_place(source.event_type_at),))
    return event_of(scheme, arrival.received, source.settings)


def _dedup_key(arrival: Arrival, facts: EventFacts) -> bytes:
    """A test event is one of its own: it never makes a duplicate of what the provider sends."""
    if arrival.origin is Origin.TEST:
        return _digest(b"test", arrival.id.bytes)
    if facts.id is not None:
        return _digest(b"id", facts.id.encode())
    query = arrival.received.url.partition("?")[2]
    return _digest(b"content", facts.type.encode(), query.encode(), arrival.received.body)


def _digest(*parts: bytes) -> bytes:
    """With lengths, so that no two lists of parts are written alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
