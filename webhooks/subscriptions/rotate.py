"""Another secret for a subscription. For a while the old one signs beside it, so that the receiver can change over."""

from datetime import timedelta

from django.utils import timezone

from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.find import lock_subscription
from webhooks.subscriptions.record import record_change
from webhooks.subscriptions.secrets import IssuedSecret, active_secrets, new_secret, seal_current, seal_previous

USUAL_OVERLAP_SECONDS = 24 * 3600
LONGEST_OVERLAP_SECONDS = 30 * 24 * 3600


def rotate_secret(
    *, subscription: WebhookSubscription, by: Actor, overlap_seconds: int = USUAL_OVERLAP_SECONDS
) -> IssuedSecret:
    """The new secret, from the next attempt on. With 0 seconds the old one is destroyed at once; one that was still
    there from an earlier rotation always is.

    Raises Forbidden, Invalid, NotFound.
    """
    by.require(Right.CREDENTIALS)
    if not 0 <= overlap_seconds <= LONGEST_OVERLAP_SECONDS:
        fault = Fault("$.overlap_seconds", f"Give 0 to {LONGEST_OVERLAP_SECONDS:,} seconds.")
        raise Invalid("The old secret cannot sign for so long.", faults=[fault])
    locked = lock_subscription(subscription)
    _keep_previous(locked, overlap_seconds)
    secret = new_secret()
    locked.sealed_secret = seal_current(locked, secret)
    locked.save(update_fields=["sealed_secret", "sealed_previous", "previous_until", "updated_at"])
    record_change(locked, by.actor, "webhook_subscription.secret_rotated", {"overlap_seconds": overlap_seconds})
    return IssuedSecret(locked, secret)


def _keep_previous(subscription: WebhookSubscription, overlap_seconds: int) -> None:
    if not overlap_seconds:
        subscription.sealed_previous = subscription.previous_until = None
        return
    now = timezone.now()
    current, *_ = active_secrets(subscription, now)
    subscription.sealed_previous = seal_previous(subscription, current)
    subscription.previous_until = now + timedelta(seconds=overlap_seconds)
