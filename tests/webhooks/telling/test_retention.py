"""What is over is removed, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import Tenant
from accounts.tenancy import within
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import as_it_stands, deliveries, subscribed
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.rotate import rotate_secret
from webhooks.telling.retention import remove_old

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


def delivered(subscription: WebhookSubscription, made_at: datetime, **facts: Any) -> WebhookDelivery:
    with within(subscription.tenant_id):
        delivery = WebhookDelivery.objects.create(
            id=first_id_at(made_at),
            tenant_id=subscription.tenant_id,
            subscription=subscription,
            event_type="execution.failed",
            payload={},
            due_at=made_at,
            **facts,
        )
        WebhookAttempt.objects.create(
            tenant_id=delivery.tenant_id, delivery=delivery, number=1, started_at=made_at, finished_at=made_at
        )
        return delivery


def test_it_removes_what_ended_long_ago_with_its_attempts(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    old = NOW - 31 * DAY
    for status in ("succeeded", "dead", "cancelled"):
        delivered(ops, old, status=status, finished_at=old)
        old -= DAY
    assert remove_old(at=NOW) == 3
    assert deliveries(acme) == []
    with within(acme.id):
        assert not WebhookAttempt.objects.exists()


def test_it_leaves_what_is_young_has_not_ended_or_was_sent_again(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    kept = [
        delivered(ops, NOW - 60 * DAY),
        delivered(ops, NOW - 59 * DAY, status="succeeded", finished_at=NOW - DAY),
        delivered(ops, NOW - 29 * DAY, status="succeeded", finished_at=NOW - 29 * DAY),
    ]
    assert remove_old(at=NOW) == 0
    assert deliveries(acme) == kept


def test_the_days_are_a_setting(acme: Tenant, settings: Any) -> None:
    settings.WEBHOOK_DELIVERIES_KEPT_DAYS = 2
    delivered(subscribed(acme).subscription, NOW - 3 * DAY, status="succeeded", finished_at=NOW - 3 * DAY)
    assert remove_old(at=NOW) == 1


def test_it_destroys_a_secret_that_signs_no_more(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    with within(acme.id):
        rotate_secret(subscription=ops, by=CASTING, overlap_seconds=3600)
    remove_old(at=NOW)
    row: WebhookSubscription = as_it_stands(ops)
    assert row.sealed_previous is not None
    remove_old(at=NOW + DAY)
    row = as_it_stands(ops)
    assert (row.sealed_previous, row.previous_until) == (None, None)
