"""An event as everybody may see it who may look at events."""

from dataclasses import dataclass

from integrations.errors import SealBroken
from webhooks.errors import EventEmptied
from webhooks.events.curl import curl_of
from webhooks.events.document import document_of
from webhooks.events.masked import masked
from webhooks.events.raw import Raw, open_raw
from webhooks.models import WebhookEvent


@dataclass(frozen=True)
class Shown:
    request: Raw
    """Masked: `webhooks/events/masked.py`."""
    curl: str
    """The same as a command: it shows what to send, and is not accepted as it stands."""


def look_at(event: WebhookEvent) -> Shown | None:
    """None: what came was removed, or does not open any more. Raises VaultLocked."""
    try:
        raw = open_raw(event)
    except (EventEmptied, SealBroken):
        return None
    request = masked(raw, document_of(event, raw))
    return Shown(request, curl_of(request))
