"""Emptying what was kept long enough, and removing what nobody needs any more.

After a source's `retention_days` an event loses what came: head, body and payload. Its row stays at least
LEAST_DAYS, for as long as platforms repeat what they sent, so that a copy is still known as one. What has a run that
has not ended is left alone.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.tenancy import platform, within
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRun, WebhookSecret, WebhookSource
from webhooks.models.event import Routing
from webhooks.models.queued import UNENDED

LEAST_DAYS = 30
MOST_AT_ONCE = 500
"""Rows of one transaction."""
MOST_ROUNDS = 200
"""Transactions for each source in one go; the schedule comes again."""


def expire_events() -> None:
    """For all sources, also those that were removed."""
    now = timezone.now()
    with platform():
        sources = list(WebhookSource.objects.values_list("tenant_id", "id", "retention_days"))
    for tenant_id, source_id, days in sources:
        _expire(tenant_id, source_id, now - timedelta(days=days), now - timedelta(days=max(days, LEAST_DAYS)))


def _expire(tenant_id: UUID, source_id: UUID, kept_whole_since: datetime, kept_since: datetime) -> None:
    _repeat(tenant_id, lambda: _empty(source_id, kept_whole_since))
    _repeat(tenant_id, lambda: _delete(source_id, kept_since))
    with within(tenant_id):
        WebhookSecret.objects.filter(source=source_id, valid_until__lt=timezone.now()).delete()


def _repeat(tenant_id: UUID, work: Callable[[], int]) -> None:
    """Until less than a full batch was left."""
    for _ in range(MOST_ROUNDS):
        with within(tenant_id):
            if work() < MOST_AT_ONCE:
                return


def _empty(source_id: UUID, since: datetime) -> int:
    ids = _done(source_id, since).filter(emptied_at=None)
    return WebhookEvent.objects.filter(id__in=_batch(ids)).update(
        sealed_head=None, sealed_body=None, payload=None, emptied_at=timezone.now()
    )


def _delete(source_id: UUID, since: datetime) -> int:
    ids = _batch(_done(source_id, since))
    WebhookAttempt.objects.filter(run__event_id__in=ids).delete()
    WebhookRun.objects.filter(event_id__in=ids).delete()
    return WebhookEvent.objects.filter(id__in=ids).delete()[0]


def _done(source_id: UUID, since: datetime) -> QuerySet[WebhookEvent]:
    """The source's events from before that moment, but those that wait to be routed or have work left."""
    unended = WebhookRun.objects.filter(event=OuterRef("pk"), status__in=UNENDED)
    rows = WebhookEvent.objects.filter(source=source_id, id__lt=first_id_at(since))
    return rows.exclude(routing__in=(Routing.WAITING, Routing.HELD)).filter(~Exists(unended))


def _batch(rows: QuerySet[WebhookEvent]) -> list[UUID]:
    return list(rows.order_by("id").values_list("id", flat=True)[:MOST_AT_ONCE])
