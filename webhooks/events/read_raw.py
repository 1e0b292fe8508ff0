"""Somebody looks at a request as it came, secrets and all: who may, and that it is told."""

from dataclasses import dataclass

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from webhooks.events.curl import curl_of
from webhooks.events.inspect_signature import Inspection, inspect_signature
from webhooks.events.raw import Raw, open_raw
from webhooks.models import WebhookEvent


@dataclass(frozen=True)
class AsItCame:
    raw: Raw
    signature: Inspection
    curl: str
    """Sends it again."""


def read_raw(*, event: WebhookEvent, by: Actor) -> AsItCame:
    """Raises Forbidden, EventEmptied, SealBroken, VaultLocked."""
    by.require(Right.CREDENTIALS)
    raw = open_raw(event)
    record(
        tenant_id=event.tenant_id,
        actor=by.actor,
        action="webhook_event.read_raw",
        subject=f"webhook_event:{event.id}",
    )
    return AsItCame(raw, inspect_signature(event, raw), curl_of(raw))
