"""A test: a delivery that tells of nothing, on the way that all take."""

from django.utils import timezone

from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.find import lock_subscription
from webhooks.subscriptions.record import record_change
from webhooks.telling.letters import letter
from webhooks.wake import wake_queue

EVENT_TYPE = "ping"


def ping(*, subscription: WebhookSubscription, by: Actor) -> WebhookDelivery:
    """The delivery, which is tried once: its log says how it went. Raises Forbidden, NotFound, Conflict."""
    by.require(Right.CATALOGUE)
    locked = lock_subscription(subscription)
    if not locked.enabled:
        raise Conflict("This subscription is disabled, so nothing is sent. Enable it first.")
    now = timezone.now()
    data = {"tenant": str(locked.tenant_id), "subscription": locked.slug}
    delivery = WebhookDelivery(
        tenant_id=locked.tenant_id,
        subscription=locked,
        event_type=EVENT_TYPE,
        payload=letter(EVENT_TYPE, now, data),
        due_at=now,
    )
    delivery.save(force_insert=True)
    record_change(locked, by.actor, "webhook_subscription.tested", {"delivery": str(delivery.id)})
    wake_queue()
    return delivery
