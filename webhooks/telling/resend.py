"""Sending a delivery that has ended once more: a dead letter, or one that arrived and was lost behind its receiver."""

from django.db.models.functions import Now

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from webhooks.models import WebhookDelivery
from webhooks.models.queued import UNENDED, QueueStatus
from webhooks.wake import wake_queue


def resend(*, delivery: WebhookDelivery, by: Actor) -> WebhookDelivery:
    """It waits as if it had just been made. Its `webhook-id` stays, so that a receiver that had it knows it again.

    Raises Forbidden, and Conflict when it has not ended or its subscription was removed.
    """
    by.require(Right.CATALOGUE)
    locked = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("subscription").get(id=delivery.id)
    _refuse(locked)
    before = locked.status
    locked.status, locked.attempts, locked.lost, locked.finished_at = QueueStatus.WAITING, 0, 0, None
    locked.cause = locked.code = locked.detail = ""
    locked.due_at = Now()
    locked.save(update_fields=["status", "attempts", "lost", "finished_at", "cause", "code", "detail", "due_at"])
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="webhook_delivery.resent",
        subject=f"webhook_delivery:{locked.id}",
        detail={"subscription": str(locked.subscription_id), "event_type": locked.event_type, "status": before},
    )
    wake_queue()
    locked.refresh_from_db(fields=["due_at"])
    return locked


def _refuse(delivery: WebhookDelivery) -> None:
    if delivery.status in UNENDED:
        raise Conflict("This delivery has not ended: it is sent at its next attempt anyway.")
    if delivery.subscription.deleted_at is not None:
        raise Conflict("The subscription of this delivery was removed, so there is nobody to send it to.")
