"""The event's row: what came is sealed, as it came."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.vault import Sealer, sealer_at_hand, sealer_for
from registry.shaping.large import by_weight
from registry.transports.text import storable
from webhooks.models import WebhookEvent
from webhooks.models.event import EventStatus, Routing
from webhooks.models.source import SourceState
from webhooks.receiving.columns import as_column
from webhooks.receiving.types import Arrival, Identity, Refused
from webhooks.sealed_places import PURPOSE

LARGEST_REFUSED_BODY = 64_000
"""Bytes of the body of what was refused; of a larger one its beginning is kept."""
LONGEST_CONTENT_TYPE = 200


async def accepted_row(arrival: Arrival, identity: Identity, verdict: dict[str, Any]) -> WebhookEvent:
    held = arrival.source.state is SourceState.PAUSED
    return await _row(
        arrival,
        arrival.received.body,
        status=EventStatus.ACCEPTED,
        verdict=verdict,
        routing=Routing.HELD if held else Routing.WAITING,
        external_id=identity.external_id,
        event_type=identity.event_type,
        dedup_key=identity.dedup_key,
        once_key=identity.once_key,
    )


async def challenge_row(arrival: Arrival) -> WebhookEvent:
    """Without its body: it may hold a secret."""
    return await _row(arrival, None, status=EventStatus.CHALLENGE)


async def rejected_row(arrival: Arrival, refused: Refused, identity: Identity | None) -> WebhookEvent:
    return await _row(
        arrival,
        arrival.received.body[:LARGEST_REFUSED_BODY],
        status=EventStatus.REJECTED,
        reason=refused.reason,
        detail=storable(refused.detail),
        verdict=refused.verdict,
        external_id=identity.external_id if identity else "",
        event_type=identity.event_type if identity else "",
    )


def bare_row(arrival: Arrival, status: EventStatus, refused: Refused | None = None) -> WebhookEvent:
    """Of one that is only counted: nothing is read, sealed or kept of what came."""
    return WebhookEvent(
        tenant_id=arrival.source.tenant_id,
        source_id=arrival.source.id,
        received_at=arrival.received.at,
        origin=arrival.origin,
        method=arrival.received.method[:16],
        status=status,
        reason=refused.reason if refused else "",
        detail=storable(refused.detail) if refused else "",
    )


async def _row(arrival: Arrival, body: bytes | None, **more: Any) -> WebhookEvent:
    sealer = await _sealer(arrival)
    return await by_weight(len(body or b""), partial(_sealed_row, arrival, body, sealer, more))


def _sealed_row(arrival: Arrival, body: bytes | None, sealer: Sealer, more: dict[str, Any]) -> WebhookEvent:
    received = arrival.received
    head = {"url": received.url, "headers": received.headers}
    return WebhookEvent(
        id=arrival.id,
        tenant_id=arrival.source.tenant_id,
        source_id=arrival.source.id,
        received_at=received.at,
        origin=arrival.origin,
        method=received.method[:16],
        address=arrival.address[:64],
        content_type=as_column(_content_type(arrival), LONGEST_CONTENT_TYPE, arrival.source.hidden),
        body_bytes=len(received.body),
        sealed_head=_seal(sealer, arrival, "head", json.dumps(head, separators=(",", ":")).encode()),
        sealed_body=None if body is None else _seal(sealer, arrival, "body", body),
        **more,
    )


def _seal(sealer: Sealer, arrival: Arrival, what: str, plaintext: bytes) -> bytes:
    return sealer.seal(purpose=PURPOSE, field=f"{arrival.id}:{what}", plaintext=plaintext)


def _content_type(arrival: Arrival) -> str:
    return next((value for name, value in arrival.received.headers if name.lower() == "content-type"), "")


async def _sealer(arrival: Arrival) -> Sealer:
    """While the tenant's data key is in memory, it takes no trip to the database. Raises VaultLocked."""
    tenant_id = arrival.source.tenant_id
    at_hand = sealer_at_hand(tenant_id)
    return at_hand if at_hand is not None else await in_database_thread(_fetched_sealer, tenant_id)


def _fetched_sealer(tenant_id: UUID) -> Sealer:
    with within(tenant_id):
        return sealer_for(tenant_id)
