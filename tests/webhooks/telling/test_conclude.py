"""After an attempt: how the delivery goes on, and how its subscription fares."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import (
    as_it_stands,
    attempted,
    deliveries,
    happen,
    make_due,
    nothing_is_due,
    pause,
    subscribed,
    take,
    told,
)
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from webhooks.models.queued import Cause
from webhooks.subscriptions.switch import enable_subscription
from webhooks.telling.conclude import conclude
from webhooks.telling.judge import Judgement
from webhooks.telling.pack import pack
from webhooks.telling.ping import ping

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)
TAKEN = Judgement(status_code=204)
FAILED = Judgement("upstream_error", "The receiver answered with HTTP 500.", status_code=500, response="oh no")
GONE = Judgement("upstream_error", "The receiver answered with HTTP 410.", status_code=410, is_gone=True)


@pytest.fixture
def ops(acme: Tenant) -> WebhookSubscription:
    """A subscription that has two attempts for each event, and a delivery that is due."""
    subscription = subscribed(acme, schedule=[0, 60]).subscription
    happen(acme, "execution.failed")
    told(acme)
    return subscription


def standing(subscription: WebhookSubscription) -> tuple[Any, ...]:
    row: WebhookSubscription = as_it_stands(subscription)
    return row.enabled, row.failing_since, row.last_success_at


def log(delivery: WebhookDelivery) -> list[tuple[Any, ...]]:
    with within(delivery.tenant_id):
        rows = WebhookAttempt.objects.filter(delivery=delivery).order_by("id")
        return list(rows.values_list("number", "status_code", "code", "response"))


def entries(tenant: Tenant, action: str) -> list[dict[str, Any]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action=action).values_list("detail", flat=True))


def test_what_was_taken_has_arrived(acme: Tenant, ops: WebhookSubscription) -> None:
    delivery = attempted(acme, TAKEN, at=NOW)
    assert (delivery.status, delivery.attempts, delivery.code) == ("succeeded", 1, "")
    assert log(delivery) == [(1, 204, "", "")]
    assert standing(ops) == (True, None, NOW)


def test_what_was_not_taken_is_sent_again(acme: Tenant, ops: WebhookSubscription) -> None:
    delivery = attempted(acme, FAILED, at=NOW)
    assert (delivery.status, delivery.attempts, delivery.detail) == ("waiting", 1, FAILED.detail)
    assert 40 <= pause(delivery, timezone.now()) <= 72
    assert log(delivery) == [(1, 500, "upstream_error", "oh no")]
    assert standing(ops) == (True, NOW, None)


def test_it_comes_again_no_sooner_than_the_receiver_says(acme: Tenant, ops: WebhookSubscription) -> None:
    busy = Judgement("upstream_error", "", status_code=503, retry_after=3600.0)
    delivery = attempted(acme, busy)
    assert 3590 <= pause(delivery, timezone.now()) <= 3600


def test_it_becomes_a_dead_letter_when_its_attempts_are_used_up(acme: Tenant, ops: WebhookSubscription) -> None:
    attempted(acme, FAILED)
    make_due(acme)
    delivery = attempted(acme, Judgement("egress_blocked", "No.", Cause.POLICY))
    assert (delivery.status, delivery.attempts, delivery.cause) == ("dead", 2, "policy")
    assert [number for number, *_ in log(delivery)] == [1, 2]
    assert entries(acme, "webhook_delivery.dead") == [
        {"subscription": str(ops.id), "cause": "policy", "code": "egress_blocked", "attempts": 2}
    ]


def test_nothing_is_written_by_who_does_not_have_it_any_more(acme: Tenant, ops: WebhookSubscription) -> None:
    taken = take()
    packed = pack(taken, NOW)
    assert packed is not None
    with within(acme.id):
        WebhookDelivery.objects.update(taken=taken.taken + 1)
    assert conclude(taken, packed, FAILED, NOW) is False
    (delivery,) = deliveries(acme)
    assert (delivery.status, log(delivery), standing(ops)) == ("running", [], (True, None, None))


# --- Disabling what fails for days ---


def fail_at(tenant: Tenant, at: Any) -> None:
    """Another event, and an attempt that fails."""
    happen(tenant, "execution.failed")
    told(tenant)
    attempted(tenant, FAILED, at=at)


def test_it_is_disabled_after_five_days_of_nothing_but_failure(acme: Tenant, ops: WebhookSubscription) -> None:
    attempted(acme, FAILED, at=NOW)
    fail_at(acme, NOW + 4.9 * DAY)
    assert standing(ops) == (True, NOW, None)
    fail_at(acme, NOW + 5 * DAY)
    assert standing(ops) == (False, NOW, None)
    row: WebhookSubscription = as_it_stands(ops)
    assert row.disabled_reason == (
        "Its receiver has taken nothing for 5 days. Enable it when that is mended: what it missed is sent then."
    )
    assert entries(acme, "webhook_subscription.disabled") == [{"reason": "failing"}]


def test_the_days_are_a_setting(acme: Tenant, ops: WebhookSubscription, settings: Any) -> None:
    settings.WEBHOOK_DISABLE_AFTER_DAYS = 1
    attempted(acme, FAILED, at=NOW)
    fail_at(acme, NOW + DAY)
    assert standing(ops) == (False, NOW, None)


def test_one_success_begins_the_days_anew(acme: Tenant, ops: WebhookSubscription) -> None:
    attempted(acme, FAILED, at=NOW)
    make_due(acme)
    attempted(acme, TAKEN, at=NOW + 4 * DAY)
    fail_at(acme, NOW + 6 * DAY)
    assert standing(ops) == (True, NOW + 6 * DAY, NOW + 4 * DAY)


def test_nothing_more_is_sent_to_one_that_was_disabled_and_nothing_is_lost(
    acme: Tenant, ops: WebhookSubscription
) -> None:
    attempted(acme, FAILED, at=NOW)
    fail_at(acme, NOW + 5 * DAY)
    make_due(acme)
    assert nothing_is_due()
    happen(acme, "execution.failed")
    assert len(told(acme)) == 2
    with within(acme.id):
        enable_subscription(subscription=ops, by=CASTING)
    assert len(told(acme)) == 3
    assert {delivery.status for delivery in deliveries(acme)} == {"waiting"}
    assert not nothing_is_due()
    assert standing(ops) == (True, None, None)


def test_it_is_disabled_at_once_when_the_receiver_is_gone(acme: Tenant, ops: WebhookSubscription) -> None:
    delivery = attempted(acme, GONE)
    assert standing(ops)[0] is False
    assert delivery.status == "waiting"
    assert entries(acme, "webhook_subscription.disabled") == [{"reason": "gone"}]
    make_due(acme)
    assert nothing_is_due()


def test_it_is_disabled_once_however_many_attempts_find_it_gone(acme: Tenant, ops: WebhookSubscription) -> None:
    happen(acme, "execution.failed")
    told(acme)
    under_way = [(taken, pack(taken, NOW)) for taken in (take(), take())]
    for taken, packed in under_way:
        assert packed is not None
        assert conclude(taken, packed, GONE, NOW)
    assert entries(acme, "webhook_subscription.disabled") == [{"reason": "gone"}]


def test_a_success_is_noted_to_the_minute(acme: Tenant, ops: WebhookSubscription) -> None:
    for seconds in (0, 30, 90):
        happen(acme, "execution.failed")
        told(acme)
        attempted(acme, TAKEN, at=NOW + timedelta(seconds=seconds))
    assert standing(ops)[2] == NOW + timedelta(seconds=90)


# --- Tests ---


@pytest.fixture
def tested(acme: Tenant) -> WebhookSubscription:
    """A subscription to which somebody has sent a test."""
    subscription = subscribed(acme).subscription
    with within(acme.id):
        ping(subscription=subscription, by=CASTING)
    return subscription


def test_a_test_is_tried_once(acme: Tenant, tested: WebhookSubscription) -> None:
    delivery = attempted(acme, FAILED)
    assert (delivery.status, delivery.attempts) == ("dead", 1)


def test_a_test_that_fails_does_not_count_against_the_receiver(acme: Tenant, tested: WebhookSubscription) -> None:
    attempted(acme, FAILED)
    assert standing(tested) == (True, None, None)


def test_a_test_that_arrives_counts_for_the_receiver(acme: Tenant, tested: WebhookSubscription) -> None:
    attempted(acme, TAKEN, at=NOW)
    assert standing(tested) == (True, None, NOW)


def test_a_test_may_be_told_that_the_receiver_is_gone(acme: Tenant, tested: WebhookSubscription) -> None:
    attempted(acme, GONE)
    assert standing(tested)[0] is False
