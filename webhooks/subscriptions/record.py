"""What is written down when somebody does something to a subscription."""

from collections.abc import Mapping
from typing import Any

from accounts.audit import record
from webhooks.models import WebhookSubscription


def record_change(
    subscription: WebhookSubscription, actor: str, action: str, detail: Mapping[str, Any] | None = None
) -> None:
    record(
        tenant_id=subscription.tenant_id,
        actor=actor,
        action=action,
        subject=f"webhook_subscription:{subscription.id}",
        detail=detail,
    )
