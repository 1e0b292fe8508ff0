"""Sending once more what has ended."""

import pytest

from accounts.errors import Conflict, Forbidden
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import (
    as_it_stands,
    attempted,
    happen,
    holding,
    nothing_is_due,
    subscribed,
    told,
)
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.remove import remove_subscription
from webhooks.telling.judge import Judgement
from webhooks.telling.resend import resend

pytestmark = pytest.mark.django_db
FAILED = Judgement("timeout", "It did not answer in time.")


@pytest.fixture
def ops(acme: Tenant) -> WebhookSubscription:
    subscription = subscribed(acme, schedule=[0]).subscription
    happen(acme, "execution.failed")
    told(acme)
    return subscription


def again(delivery: WebhookDelivery) -> WebhookDelivery:
    with within(delivery.tenant_id):
        return resend(delivery=delivery, by=CASTING)


@pytest.mark.parametrize("how", [FAILED, Judgement(status_code=200)], ids=["a dead letter", "one that arrived"])
def test_it_waits_as_if_it_had_just_been_made(acme: Tenant, ops: WebhookSubscription, how: Judgement) -> None:
    delivery = attempted(acme, how)
    with within(acme.id):
        WebhookDelivery.objects.update(lost=4)
    row = again(delivery)
    assert (row.id, row.status, row.attempts, row.lost, row.code, row.detail, row.cause, row.finished_at) == (
        *(delivery.id, "waiting", 0, 0, "", "", "", None),
    )
    with within(acme.id):
        entry = AuditEntry.objects.get(action="webhook_delivery.resent")
    assert entry.detail == {"subscription": str(ops.id), "event_type": "execution.failed", "status": delivery.status}
    assert attempted(acme, Judgement(status_code=200)).status == "succeeded"


def test_it_refuses_one_that_has_not_ended(acme: Tenant, ops: WebhookSubscription) -> None:
    with within(acme.id):
        delivery = WebhookDelivery.objects.get()
    with pytest.raises(Conflict, match="has not ended"):
        again(delivery)


def test_it_refuses_one_whose_subscription_was_removed(acme: Tenant, ops: WebhookSubscription) -> None:
    delivery = attempted(acme, FAILED)
    with within(acme.id):
        remove_subscription(subscription=ops, by=CASTING)
    with pytest.raises(Conflict, match="was removed"):
        again(delivery)
    row: WebhookDelivery = as_it_stands(delivery)
    assert row.status == "dead"


def test_it_refuses_who_may_only_read(acme: Tenant, ops: WebhookSubscription) -> None:
    delivery = attempted(acme, FAILED)
    with within(acme.id), pytest.raises(Forbidden):
        resend(delivery=delivery, by=holding(acme, Role.VIEWER))
    assert nothing_is_due()
