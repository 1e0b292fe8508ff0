"""Rows for tests of what comes after receiving: a source, and events of it as the door stores them."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.vault import seal
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import EventStatus, Routing
from webhooks.routing.route_events import Routed, together
from webhooks.routing.waiting import next_to_route, route_for
from webhooks.sealed_places import PURPOSE

JSON = (("Content-Type", "application/json"),)
PAID = {
    "id": "evt_1",
    "type": "invoice.paid",
    "data": {"amount": 4200, "customer": "cus_7", "email": "ada@acme.example"},
}


def make_source(tenant: Tenant, slug: str = "billing", **facts: Any) -> WebhookSource:
    usual = {"name": slug.capitalize(), "scheme": "stripe", "token_digest": new_id().bytes, "sealed_token": b"sealed"}
    with within(tenant.id):
        return WebhookSource.objects.create(tenant=tenant, slug=slug, **usual | facts)


def make_event(
    source: WebhookSource,
    body: Any = PAID,
    *,
    headers: tuple[tuple[str, str], ...] = JSON,
    url: str = "https://registry.example/hooks/whk_secret/?attempt=2",
    **facts: Any,
) -> WebhookEvent:
    """Accepted and waiting to be routed, unless `facts` say otherwise. A body that is no bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual: dict[str, Any] = {
        "id": new_id(),
        "received_at": timezone.now(),
        "status": EventStatus.ACCEPTED,
        "routing": Routing.WAITING,
        "method": "POST",
        "content_type": dict(headers).get("Content-Type", ""),
        "body_bytes": len(raw),
        "external_id": "evt_1",
        "event_type": "invoice.paid",
    }
    row = WebhookEvent(tenant_id=source.tenant_id, source=source, **usual | facts)
    row.dedup_key = row.dedup_key or row.id.bytes
    with within(source.tenant_id):
        row.sealed_head = _sealed(row, "head", json.dumps({"url": url, "headers": headers}).encode())
        row.sealed_body = _sealed(row, "body", raw)
        row.save(force_insert=True)
    return row


def _sealed(row: WebhookEvent, part: str, plaintext: bytes) -> bytes:
    return seal(tenant_id=row.tenant_id, purpose=PURPOSE, field=f"{row.id}:{part}", plaintext=plaintext)


def route_next(*, without: Collection[UUID] = ()) -> Routed:
    """Route those who come next, as a worker does."""
    waiting = next_to_route(without=without)
    return together([route_for(tenant_id, event_ids) for tenant_id, event_ids in waiting])
