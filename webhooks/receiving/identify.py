"""Step 5: which event it is: by the provider's own id, else by what it says."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from registry.shaping.large import by_weight
from webhooks.models.event import Origin
from webhooks.receiving.columns import as_column
from webhooks.receiving.types import Arrival, Identity
from webhooks.signatures.event import EventFacts, event_of
from webhooks.signatures.fitting import fitted
from webhooks.signatures.types import Scheme
from webhooks.signatures.verdict import Refused as Unfitting
from webhooks.sources.places import read_place

LONGEST_ID = 300
LONGEST_TYPE = 200


def identifying(scheme: Scheme | None, settings: Mapping[str, str], *, id_at: str, type_at: str) -> Scheme | None:
    """The scheme with a source's settings filled in, and the places that the source names instead; None: it has none
    that fits.
    """
    try:
        found = scheme and replace(fitted(scheme, settings), settings=(), has_blanks=False)
    except Unfitting:
        return None
    if found and id_at:
        found = replace(found, event_id=(read_place(id_at),))
    if found and type_at:
        found = replace(found, event_type=(read_place(type_at),))
    return found


async def identify(arrival: Arrival, once: str = "") -> Identity:
    return await by_weight(len(arrival.received.body), lambda: _identity(arrival, once))


def _identity(arrival: Arrival, once: str) -> Identity:
    facts, hidden = _facts(arrival), arrival.source.hidden
    return Identity(
        external_id=as_column(facts.id or "", LONGEST_ID, hidden),
        event_type=as_column(facts.type, LONGEST_TYPE, hidden),
        dedup_key=_dedup_key(arrival, facts),
        once_key=_digest(b"once", once.encode()) if once and arrival.origin is not Origin.TEST else None,
    )


def _facts(arrival: Arrival) -> EventFacts:
    scheme = arrival.source.identifying
    return EventFacts(None, "") if scheme is None else event_of(scheme, arrival.received, {})


def _dedup_key(arrival: Arrival, facts: EventFacts) -> bytes:
    """A test event is one of its own: it never makes a duplicate of what the provider sends."""
    if arrival.origin is Origin.TEST:
        return _digest(b"test", arrival.id.bytes)
    if facts.id is not None:
        return _digest(b"id", facts.id.encode())
    scheme = arrival.source.identifying
    if scheme is not None and scheme.recurs:
        return _digest(b"recurring", arrival.id.bytes)
    return _digest(b"content", facts.type.encode(), _query(arrival, scheme).encode(), arrival.received.body)


def _query(arrival: Arrival, scheme: Scheme | None) -> str:
    """Nothing of one that is not signed beside a body that is: who repeats a request could change it."""
    is_anybodys = scheme is not None and scheme.covers_body and not scheme.covers_query and not arrival.source.unsigned
    return "" if is_anybodys else arrival.received.url.partition("?")[2]


def _digest(*parts: bytes) -> bytes:
    """With lengths, so that no two lists of parts are written alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
