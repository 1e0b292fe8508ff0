"""Subscriptions and deliveries in the browser: made, seen once, tested, switched; each delivery with its attempts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.webhooks.telling.subscribers import subscribed
from webhooks.admin.subscription_acts import USUAL as USUAL_TYPES
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from webhooks.models.queued import Cause, QueueStatus
from webhooks.subscriptions.event_types import check_event_types

pytestmark = pytest.mark.django_db

LIST = list_of(WebhookSubscription)
DELIVERIES = list_of(WebhookDelivery)
USUAL = {
    "name": "Operations",
    "slug": "ops",
    "url": "https://hooks.acme.example/in",
    "usual": ["approval.requested", "health.*"],
    "event_types": "tool.*",
    "concurrency": "5",
    "timeout_ms": "15000",
}


def the_subscription(tenant: Tenant) -> WebhookSubscription:
    with within(tenant.id):
        return WebhookSubscription.objects.get()


def delivered(
    subscription: WebhookSubscription, event_type: str = "execution.failed", **facts: object
) -> WebhookDelivery:
    now = timezone.now()
    usual = {"status": QueueStatus.DEAD, "cause": Cause.RECEIVER, "code": "receiver_error", "attempts": 1}
    with within(subscription.tenant_id):
        made = WebhookDelivery.objects.create(
            tenant_id=subscription.tenant_id,
            subscription=subscription,
            event_type=event_type,
            payload={"type": event_type, "timestamp": now.isoformat(), "data": {"id": "a thing"}},
            due_at=now,
            **usual | facts,
        )
        WebhookAttempt.objects.create(
            tenant_id=subscription.tenant_id,
            delivery=made,
            number=1,
            started_at=now,
            finished_at=now,
            status_code=503,
            code="receiver_error",
            response="<b>Away</b>",
        )
    return made


def test_what_is_offered_can_be_told() -> None:
    assert list(check_event_types("$", list(USUAL_TYPES))) == []


class TestMaking:
    def test_its_secret_is_shown_once(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        answer = browse(bob).post(f"{LIST}add/", USUAL)
        page = text_of(answer)
        assert "whsec_" in page
        assert "no-store" in answer["Cache-Control"]
        made = the_subscription(acme)
        assert made.event_types == ["approval.requested", "health.*", "tool.*"]
        assert "whsec_" not in browse(bob).page(address_of(made))

    def test_a_refusal_stands_beside_its_field_and_nothing_is_made(
        self, browse: Browse, bob: Person, acme: Tenant
    ) -> None:
        page = browse(bob).refused(f"{LIST}add/", {**USUAL, "event_types": "no event"})
        assert 'id="id_event_types_error"' in page
        with within(acme.id):
            assert not WebhookSubscription.objects.exists()

    def test_a_reader_may_not(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        assert browse(vera).post(f"{LIST}add/", USUAL).status_code == 403


class TestShowing:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, {"on", "off"}),
            ({"state": "enabled"}, {"on"}),
            ({"state": "disabled"}, {"off"}),
            ({"state": "removed"}, {"gone"}),
        ],
    )
    def test_the_list_is_narrowed(
        self, browse: Browse, vera: Person, acme: Tenant, query: dict[str, str], shown: set[str]
    ) -> None:
        for slug, facts in (("on", {}), ("off", {"enabled": False}), ("gone", {"deleted_at": timezone.now()})):
            made = subscribed(acme, slug, name=f"Named {slug}").subscription
            with within(acme.id):
                WebhookSubscription.objects.filter(id=made.id).update(**facts)
        page = browse(vera).page(LIST, query)
        assert {slug for slug in ("on", "off", "gone") if f"Named {slug}" in page} == shown

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"enabled": False, "disabled_reason": "Nobody answered."}, "Given up"),
            ({"enabled": False}, "Disabled"),
            ({"failing_since": timezone.now()}, "Failing"),
            ({}, "Enabled"),
        ],
    )
    def test_it_says_how_it_fares(
        self, browse: Browse, vera: Person, acme: Tenant, facts: dict[str, object], said: str
    ) -> None:
        made = subscribed(acme).subscription
        with within(acme.id):
            WebhookSubscription.objects.filter(id=made.id).update(**facts)
        assert f">{said}<" in browse(vera).page(LIST)
        assert str(facts.get("disabled_reason", "")) in browse(vera).page(address_of(made))

    def test_one_that_is_disabled_says_what_it_missed(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        assert "Missed" not in browse(vera).page(address_of(made))
        delivered(made, status=QueueStatus.WAITING)
        with within(acme.id):
            WebhookSubscription.objects.filter(id=made.id).update(enabled=False)
        assert "1 delivery · 0 audit entries" in browse(vera).page(address_of(made))

    def test_it_shows_its_log(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        conditions = [{"path": "$.data.code", "op": "ne", "value": "timeout"}]
        made = subscribed(acme, conditions=conditions, schedule=[0, 5]).subscription
        delivery = delivered(made)
        page = browse(vera).page(address_of(made))
        for shown in (address_of(delivery), "receiver_error", "$.data.code", "0 s, 5 s"):
            assert shown in page


class TestChanging:
    def test_it_is_edited(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        made = subscribed(acme, event_types=["health.*", "tool.retired"]).subscription
        page = browse(bob).page(address_of(made, "edit"))
        assert "tool.retired</textarea>" in page
        browse(bob).done(address_of(made, "edit"), {**USUAL, "usual": ["execution.*"], "event_types": ""})
        assert the_subscription(acme).event_types == ["execution.*"]

    def test_it_gets_another_secret(self, browse: Browse, alice: Person, bob: Person, acme: Tenant) -> None:
        issued = subscribed(acme)
        address = address_of(issued.subscription, "rotate")
        assert browse(bob).post(address, {"overlap_seconds": "3600"}).status_code == 403
        page = text_of(browse(alice).post(address, {"overlap_seconds": "3600"}))
        assert "whsec_" in page
        assert issued.secret not in page
        assert the_subscription(acme).previous_until > timezone.now() + timedelta(minutes=50)  # type: ignore[operator]

    def test_it_is_disabled_and_enabled(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        browse(bob).done(address_of(made, "disable"))
        assert the_subscription(acme).enabled is False
        assert "deliveries wait for it" in browse(bob).page(address_of(made, "enable"))
        browse(bob).done(address_of(made, "enable"), {"send_missed": "on"})
        assert the_subscription(acme).enabled is True

    def test_it_is_tested(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        page = browse(bob).done(address_of(made, "ping"))
        assert "It is on its way." in page
        with within(acme.id):
            assert WebhookDelivery.objects.get().event_type == "ping"

    def test_it_is_removed(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        assert "is removed." in browse(bob).done(address_of(made, "remove"))
        assert the_subscription(acme).deleted_at is not None


class TestDeliveries:
    def test_they_are_listed_and_narrowed(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        dead, sent = delivered(made, "tool.retired"), delivered(made, status=QueueStatus.SUCCEEDED, cause="", code="")
        page = browse(vera).page(DELIVERIES, {"status": "dead", "subscription": str(made.id)})
        assert (str(dead.id) in page, str(sent.id) in page) == (True, False)
        page = browse(vera).page(DELIVERIES, {"q": f"msg_{sent.id}"})
        assert (str(dead.id) in page, str(sent.id) in page) == (False, True)
        assert "Nothing matches" in browse(vera).page(DELIVERIES, {"q": "no id"})

    def test_each_shows_what_is_sent_and_what_was_answered(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        page = browse(vera).page(address_of(delivered(subscribed(acme).subscription)))
        for shown in ("a thing", "HTTP 503", "<b>Away</b>", '<details class="qm-fold qm-attempt-fold" open>'):
            assert shown in page

    def test_what_only_the_audit_trail_tells_is_hidden_from_readers(
        self, browse: Browse, alice: Person, vera: Person, acme: Tenant
    ) -> None:
        made = subscribed(acme, event_types=["person.*", "tool.*"]).subscription
        guarded = delivered(made, "person.created")
        assert browse(vera).get(address_of(guarded)).status_code == 404
        for page in (browse(vera).page(DELIVERIES), browse(vera).page(address_of(made))):
            assert str(guarded.id) not in page
        assert "a thing" in browse(alice).page(address_of(guarded))

    def test_one_that_has_ended_is_sent_again(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        delivery = delivered(subscribed(acme).subscription)
        assert "It is sent again" in browse(bob).done(address_of(delivery, "resend"))
        with within(acme.id):
            assert WebhookDelivery.objects.get().status == QueueStatus.WAITING

    def test_many_are_counted_first_and_then_sent(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        made = subscribed(acme).subscription
        delivered(made, "tool.retired")
        delivered(made)
        visitor, asked = browse(bob), {"subscription": str(made.id), "event_type": "tool.retired", "time": "hour"}
        page = visitor.page(f"{DELIVERIES}redrive/", asked)
        assert '<strong class="qm-number">1</strong> delivery fits.' in page
        with within(acme.id):
            assert WebhookDelivery.objects.dead().count() == 2
        assert "Sent again: 1 delivery." in visitor.done(f"{DELIVERIES}redrive/", {**asked, "key": "once"})
        with within(acme.id):
            assert WebhookDelivery.objects.dead().get().event_type == "execution.failed"

    def test_one_that_waits_is_not(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        delivery = delivered(subscribed(acme).subscription, status=QueueStatus.WAITING, cause="", code="")
        assert "has not ended" in browse(bob).refused(address_of(delivery, "resend"))
