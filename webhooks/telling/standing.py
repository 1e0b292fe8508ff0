"""How a subscription fares: since when its receiver has taken nothing, and disabling it when that is too long."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from webhooks.models import WebhookSubscription
from webhooks.subscriptions.record import record_change

ACTOR = "system:telling"
NOTED_EVERY = timedelta(minutes=1)
"""So exact is the time of the last success: its row is not written for each delivery."""


def note_success(subscription_id: UUID, at: datetime) -> None:
    stale = Q(last_success_at=None) | Q(last_success_at__lt=at - NOTED_EVERY)
    rows = WebhookSubscription.objects.filter(stale | Q(failing_since__isnull=False), id=subscription_id)
    rows.update(last_success_at=at, failing_since=None)


def note_failure(subscription_id: UUID, at: datetime, *, is_gone: bool) -> None:
    """The first one begins the days after which, without any success between, the subscription is disabled."""
    WebhookSubscription.objects.filter(id=subscription_id, failing_since=None).update(failing_since=at)
    if is_gone:
        _disable(Q(id=subscription_id), "gone", "Its receiver answered with HTTP 410: it wants no more.")
        return
    days = settings.WEBHOOK_DISABLE_AFTER_DAYS
    _disable(
        Q(id=subscription_id, failing_since__lte=at - timedelta(days=days)),
        "failing",
        f"Its receiver has taken nothing for {days} days.",
    )


def _disable(chosen: Q, word: str, sentence: str) -> None:
    """What waits for it goes on waiting. Somebody who enables it has it sent.

    Other endings of its deliveries may hold its key at this moment: the weaker lock lets them.
    """
    rows = WebhookSubscription.objects.enabled().filter(chosen).select_for_update(of=("self",), no_key=True)
    for subscription in rows:
        subscription.enabled = False
        subscription.disabled_reason = f"{sentence} Enable it when that is mended: what it missed is sent then."
        subscription.save(update_fields=["enabled", "disabled_reason", "updated_at"])
        record_change(subscription, ACTOR, "webhook_subscription.disabled", {"reason": word})
