"""Taking a subscription away for good. Its log stays until it is old."""

from django.utils import timezone

from accounts.caller import Actor
from accounts.roles import Right
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.find import lock_subscription
from webhooks.subscriptions.record import record_change
from webhooks.subscriptions.waiting import cancel_waiting


def remove_subscription(*, subscription: WebhookSubscription, by: Actor) -> None:
    """Its slug is free again; what waited for it is cancelled. Raises Forbidden, NotFound."""
    by.require(Right.CATALOGUE)
    locked = lock_subscription(subscription)
    locked.deleted_at, locked.enabled = timezone.now(), False
    locked.sealed_secret, locked.sealed_previous, locked.previous_until = b"", None, None
    locked.save(
        update_fields=["deleted_at", "enabled", "sealed_secret", "sealed_previous", "previous_until", "updated_at"]
    )
    cancelled = cancel_waiting(locked)
    record_change(locked, by.actor, "webhook_subscription.removed", {"cancelled": cancelled})
