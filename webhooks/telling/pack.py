"""What a delivery is at the moment of an attempt: read, its secrets opened, signed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from accounts.errors import QuartermasterError
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.egress import EgressRules, narrowing
from integrations.errors import VaultLocked
from integrations.redaction import KnownSecrets, Rules
from registry.redaction import redaction_without_tool
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.models.queued import Cause, QueueStatus
from webhooks.queue.endings import give_up, put_off
from webhooks.queue.types import Attempt, Taken
from webhooks.subscriptions.secrets import active_secrets
from webhooks.telling.send import IDLE_SECONDS, Parcel
from webhooks.telling.sign import signed_headers, to_be_masked

ONCE: Sequence[float] = (0,)
"""A test is tried once: whoever sent it is waiting to see."""
VAULT_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True)
class Packed:
    parcel: Parcel
    subscription_id: UUID
    schedule: Sequence[float] | None
    attempts: int
    """Those before this one."""
    is_test: bool
    redaction: Rules = field(repr=False)
    secrets: KnownSecrets = field(repr=False)


def pack(taken: Taken, at: datetime) -> Packed | None:
    """None: there is nothing to send now, and how the delivery goes on is settled."""
    with within(taken.tenant_id):
        delivery = _find(taken)
        if delivery is None:
            return None
        if not delivery.subscription.enabled:
            put_off(taken, timedelta(0))
            return None
        try:
            return _packed(delivery, at)
        except VaultLocked:
            put_off(taken, VAULT_PAUSE)
        except QuartermasterError as error:
            give_up(taken, Attempt(started_at=at, code=error.code, detail=error.message), Cause.OURS)
        return None


def _find(taken: Taken) -> WebhookDelivery | None:
    """The row, while it is ours."""
    rows = WebhookDelivery.objects.select_related("subscription", "tenant")
    return rows.filter(id=taken.id, status=QueueStatus.RUNNING, taken=taken.taken).first()


def _packed(delivery: WebhookDelivery, at: datetime) -> Packed:
    """Raises VaultLocked, SealBroken."""
    subscription = delivery.subscription
    secrets = active_secrets(subscription, at)
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed_headers(f"msg_{delivery.id}", body, secrets, at=at)
    return Packed(
        parcel=Parcel(
            url=subscription.url,
            headers={**headers, "Content-Type": "application/json"},
            body=body,
            rules=_rules(delivery.tenant, subscription),
        ),
        subscription_id=subscription.id,
        schedule=ONCE if delivery.sequence is None else subscription.schedule,
        attempts=delivery.attempts,
        is_test=delivery.sequence is None,
        redaction=redaction_without_tool(delivery.tenant).stored,
        secrets=to_be_masked(secrets, headers),
    )


def _rules(tenant: Tenant, subscription: WebhookSubscription) -> EgressRules:
    return EgressRules(
        tenant_slug=tenant.slug,
        tenant_networks=narrowing(tenant.egress_networks),
        timeout_seconds=subscription.timeout_ms / 1000,
        idle_timeout_seconds=IDLE_SECONDS,
        max_redirects=0,
    )
