"""Disabling a subscription and enabling it again. Nothing is lost in between: what it missed waits for it.

While it is disabled, what is due for it stays where it is, and what happens is not made into deliveries: the audit
trail keeps it, and the subscription its position there.
"""

from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from accounts.sealing import head_of
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.find import lock_subscription
from webhooks.subscriptions.record import record_change
from webhooks.subscriptions.waiting import cancel_waiting
from webhooks.wake import wake_queue


def disable_subscription(*, subscription: WebhookSubscription, by: Actor) -> WebhookSubscription:
    """Nothing is sent any more, from the next attempt on. Raises Forbidden, NotFound."""
    by.require(Right.CATALOGUE)
    locked = lock_subscription(subscription)
    if locked.enabled:
        locked.enabled, locked.disabled_reason = False, ""
        locked.save(update_fields=["enabled", "disabled_reason", "updated_at"])
        record_change(locked, by.actor, "webhook_subscription.disabled", {"reason": "by_hand"})
    return locked


def enable_subscription(
    *, subscription: WebhookSubscription, by: Actor, send_missed: bool = True
) -> WebhookSubscription:
    """Everything that it missed is sent, too; without `send_missed` it is told of what happens from now on, and what
    had waited is cancelled: it stays in the log and can be sent again.

    Raises Forbidden, NotFound; Conflict where nothing is to be sent of what one has missed that is enabled.
    """
    by.require(Right.CATALOGUE)
    locked = lock_subscription(subscription)
    if locked.enabled:
        if not send_missed:
            raise Conflict(
                "This subscription is enabled already, so all that waits for it is sent. Disable it first, and then "
                "enable it without what it missed."
            )
        return locked
    locked.enabled, locked.disabled_reason, locked.failing_since = True, "", None
    fields = ["enabled", "disabled_reason", "failing_since", "updated_at"]
    if not send_missed:
        locked.position = head_of(locked.tenant_id).sequence
        fields.append("position")
        cancel_waiting(locked)
    locked.save(update_fields=fields)
    record_change(locked, by.actor, "webhook_subscription.enabled", {"send_missed": send_missed})
    wake_queue()
    return locked
