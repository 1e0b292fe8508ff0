"""A request as it came: opened for whoever may see it, and for what works with it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.vault import Opener
from webhooks.errors import EventEmptied
from webhooks.models import WebhookEvent
from webhooks.sealed_places import PURPOSE


@dataclass(frozen=True)
class Raw:
    method: str
    url: str
    """With its query."""
    headers: tuple[tuple[str, str], ...]
    """In order, names as they were sent, values as latin-1."""
    body: bytes | None
    """None: it was not kept."""


def open_raw(event: WebhookEvent, opener: Opener | None = None) -> Raw:
    """Call it inside the tenant's scope. Who opens many hands the same opener in.

    Raises EventEmptied when what came was removed, SealBroken, VaultLocked.
    """
    if event.sealed_head is None:
        raise EventEmptied
    opener = opener or Opener(event.tenant_id)
    head = json.loads(_opened(opener, event.id, "head", event.sealed_head))
    body = None if event.sealed_body is None else _opened(opener, event.id, "body", event.sealed_body)
    headers = tuple((name, value) for name, value in head["headers"])
    return Raw(method=event.method, url=head["url"], headers=headers, body=body)


def _opened(opener: Opener, event_id: UUID, part: str, sealed: Any) -> bytes:
    return opener.open(purpose=PURPOSE, field=f"{event_id}:{part}", sealed=sealed)
