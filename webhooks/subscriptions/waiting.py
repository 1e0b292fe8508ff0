"""What has not been told to a subscription yet."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.sealing import head_of
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.models.queued import QueueStatus


@dataclass(frozen=True)
class Missed:
    waiting: int
    """Deliveries that are to be sent, now or at their next attempt."""
    entries: int
    """Sealed entries of the audit trail that nobody has looked at for it: not all of them are for it."""


def missed_by(subscription: WebhookSubscription) -> Missed:
    waiting = _waiting(subscription).count()
    entries = head_of(subscription.tenant_id).sequence - subscription.position
    return Missed(waiting, max(0, entries))


def cancel_waiting(subscription: WebhookSubscription) -> int:
    """End the deliveries that wait, and how many those were; one that is on its way ends as it will."""
    return _waiting(subscription).update(status=QueueStatus.CANCELLED, finished_at=Now())


def _waiting(subscription: WebhookSubscription) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(subscription=subscription, status=QueueStatus.WAITING)
