"""What the provider calls an event."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from webhooks.signatures.fitting import fitted
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.types import Scheme, Sources
from webhooks.signatures.values import first_of
from webhooks.signatures.verdict import Refused

LONGEST = 200
"""Characters of an id."""
LONGEST_READ = 2_000
"""Characters of a type. No more of it than that is looked at."""


@dataclass(frozen=True)
class EventFacts:
    id: str | None
    """The same for each try to deliver it; None: the provider gives none."""
    type: str
    """Empty: the provider does not say."""


def event_of(scheme: Scheme, received: Received, settings: Mapping[str, str]) -> EventFacts:
    """Whatever can be found; it never raises."""
    try:
        scheme = fitted(scheme, settings)
    except Refused:
        return EventFacts(None, "")
    reading = Reading(received)
    return EventFacts(_id(scheme.event_id, reading), _type(scheme.event_type, reading))


def _id(sources: Sources, reading: Reading) -> str | None:
    """A hash of what is too long or no plain text, so that two ids never become one."""
    found = first_of(sources, reading)
    if found is None:
        return None
    text = found.decode("utf-8", "replace")
    plain = text.isprintable() and text.encode() == found
    return text if plain and len(text) <= LONGEST else f"sha256:{hashlib.sha256(found).hexdigest()}"


def _type(sources: Sources, reading: Reading) -> str:
    text = (first_of(sources, reading) or b"").decode("utf-8", "replace")
    return "".join(letter for letter in text[:LONGEST_READ] if letter.isprintable())
