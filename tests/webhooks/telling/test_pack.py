"""What a delivery is at the moment of an attempt."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.errors import VaultLocked
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import (
    URL,
    as_it_stands,
    deliveries,
    happen,
    nothing_is_due,
    pause,
    subscribed,
    take,
    told,
)
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.rotate import rotate_secret
from webhooks.subscriptions.secrets import IssuedSecret
from webhooks.subscriptions.switch import disable_subscription
from webhooks.telling import pack as packing
from webhooks.telling.pack import pack
from webhooks.telling.sign import signed_headers

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def ops(acme: Tenant) -> IssuedSecret:
    """A subscription for which a delivery is due."""
    issued = subscribed(acme, timeout_ms=7_000)
    happen(acme, "execution.failed", name="Grüße")
    told(acme)
    return issued


def test_it_is_signed_when_it_is_sent(acme: Tenant, ops: IssuedSecret) -> None:
    packed = pack(take(), NOW)
    (delivery,) = deliveries(acme)
    assert packed is not None
    parcel = packed.parcel
    assert json.loads(parcel.body) == delivery.payload
    assert "Grüße".encode() in parcel.body
    assert parcel.url == URL
    assert parcel.headers == {
        "Content-Type": "application/json",
        **signed_headers(f"msg_{delivery.id}", parcel.body, [ops.secret], at=NOW),
    }
    assert (parcel.rules.tenant_slug, parcel.rules.timeout_seconds, parcel.rules.max_redirects) == ("acme", 7.0, 0)


def test_the_same_message_has_the_same_id_at_every_attempt(acme: Tenant, ops: IssuedSecret) -> None:
    taken = take()
    first, second = pack(taken, NOW), pack(taken, NOW + timedelta(hours=1))
    assert first is not None
    assert second is not None
    assert first.parcel.headers["webhook-id"] == second.parcel.headers["webhook-id"]
    assert first.parcel.headers["webhook-signature"] != second.parcel.headers["webhook-signature"]


def test_both_secrets_sign_until_the_overlap_is_over(acme: Tenant, ops: IssuedSecret) -> None:
    with within(acme.id):
        newer = rotate_secret(subscription=ops.subscription, by=CASTING, overlap_seconds=3600)
    taken = take()
    for at, secrets in ((NOW, [newer.secret, ops.secret]), (NOW + timedelta(hours=2), [newer.secret])):
        packed = pack(taken, at)
        assert packed is not None
        expected = signed_headers(f"msg_{taken.id}", packed.parcel.body, secrets, at=at)
        assert packed.parcel.headers["webhook-signature"] == expected["webhook-signature"]


def test_it_shows_no_secret_when_it_is_printed(acme: Tenant, ops: IssuedSecret) -> None:
    packed = pack(take(), NOW)
    assert ops.secret not in repr(packed)
    assert ops.secret not in repr(ops)


def test_it_leaves_what_somebody_else_has_taken_meanwhile(acme: Tenant, ops: IssuedSecret) -> None:
    taken = take()
    with within(acme.id):
        WebhookDelivery.objects.update(taken=taken.taken + 1)
    assert pack(taken, NOW) is None
    (delivery,) = deliveries(acme)
    assert delivery.status == "running"


def test_it_sends_nothing_once_the_subscription_is_disabled(acme: Tenant, ops: IssuedSecret) -> None:
    taken = take()
    with within(acme.id):
        disable_subscription(subscription=ops.subscription, by=CASTING)
    assert pack(taken, NOW) is None
    (delivery,) = deliveries(acme)
    assert (delivery.status, delivery.attempts) == ("waiting", 0)
    assert nothing_is_due()


def test_it_waits_for_a_vault_that_is_locked(acme: Tenant, ops: IssuedSecret, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*args: object) -> None:
        raise VaultLocked

    monkeypatch.setattr(packing, "active_secrets", locked)
    assert pack(take(), NOW) is None
    (delivery,) = deliveries(acme)
    assert (delivery.status, delivery.attempts) == ("waiting", 0)
    assert pause(delivery, timezone.now()) > 20


def test_a_secret_that_does_not_open_makes_a_dead_letter(acme: Tenant, ops: IssuedSecret) -> None:
    with within(acme.id):
        WebhookSubscription.objects.update(sealed_secret=b"not what was sealed here, but long enough")
    assert pack(take(), NOW) is None
    delivery: WebhookDelivery = as_it_stands(deliveries(acme)[0])
    assert (delivery.status, delivery.cause, delivery.code) == ("dead", "ours", "internal_error")
    with within(acme.id):
        assert WebhookAttempt.objects.get().detail == delivery.detail
