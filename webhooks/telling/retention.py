"""Removing what is over: deliveries that ended long ago, and secrets that sign no more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.tenancy import platform
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.models.queued import UNENDED

MOST_AT_ONCE = 1_000


def remove_old(*, at: datetime | None = None) -> int:
    """How many deliveries were removed. Each minute, in any number of workers."""
    now = at or timezone.now()
    with platform():
        _destroy_previous_secrets(now)
        return _remove_ended(now - timedelta(days=settings.WEBHOOK_DELIVERIES_KEPT_DAYS))


def _remove_ended(before: datetime) -> int:
    """With their attempts. Ids are made in order, so that the oldest are found without an index of their own."""
    old = WebhookDelivery.objects.filter(id__lt=first_id_at(before), finished_at__lt=before).exclude(status__in=UNENDED)
    rows = old.order_by("id").select_for_update(of=("self",), skip_locked=True)
    ids = list(rows.values_list("id", flat=True)[:MOST_AT_ONCE])
    WebhookDelivery.objects.filter(id__in=ids).delete()
    return len(ids)


def _destroy_previous_secrets(now: datetime) -> None:
    over = WebhookSubscription.objects.filter(previous_until__lte=now)
    over.update(sealed_previous=None, previous_until=None)
