"""Changing, disabling, enabling and removing a subscription, and giving it another secret."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.vault.rekey import tend_rekeyings
from integrations.vault.rotate import rotate_data_key
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import as_it_stands, deliveries, happen, holding, subscribed, told
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.change import change_subscription
from webhooks.subscriptions.find import find_subscription
from webhooks.subscriptions.remove import remove_subscription
from webhooks.subscriptions.rotate import rotate_secret
from webhooks.subscriptions.secrets import IssuedSecret, active_secrets
from webhooks.subscriptions.switch import disable_subscription, enable_subscription
from webhooks.subscriptions.waiting import Missed, missed_by

pytestmark = pytest.mark.django_db
ELSEWHERE = "https://elsewhere.example/"


@pytest.fixture
def issued(acme: Tenant) -> IssuedSecret:
    return subscribed(acme)


@pytest.fixture
def ops(issued: IssuedSecret) -> WebhookSubscription:
    return issued.subscription


def actions(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(action__startswith="webhook_subscription.").order_by("id")
        return [(action.partition(".")[2], detail) for action, detail in rows.values_list("action", "detail")][1:]


def change(subscription: WebhookSubscription, role: Role = Role.OPERATOR, **changes: Any) -> WebhookSubscription:
    with within(subscription.tenant_id):
        by = holding(subscription.tenant, role)
        return change_subscription(subscription=subscription, by=by, changes=changes)


# --- Changing ---


def test_it_changes_what_differs(acme: Tenant, ops: WebhookSubscription) -> None:
    changed = change(ops, name="Operations", url=ELSEWHERE, concurrency=ops.concurrency)
    assert (changed.name, changed.url) == ("Operations", ELSEWHERE)
    assert actions(acme) == [("changed", {"fields": ["name", "url"]})]


def test_it_tells_of_nothing_when_nothing_differs(acme: Tenant, ops: WebhookSubscription) -> None:
    change(ops, url=ops.url)
    assert actions(acme) == []


@pytest.mark.parametrize("changes", [{"slug": "other"}, {"enabled": False}, {"url": "nowhere"}, {"event_types": []}])
def test_it_refuses_a_change(acme: Tenant, ops: WebhookSubscription, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        change(ops, **changes)
    row: WebhookSubscription = as_it_stands(ops)
    assert (row.slug, row.enabled, row.url, row.event_types) == (ops.slug, True, ops.url, ops.event_types)
    assert actions(acme) == []


def test_it_refuses_to_be_changed_by_who_may_only_read(ops: WebhookSubscription) -> None:
    with pytest.raises(Forbidden):
        change(ops, Role.VIEWER, url=ELSEWHERE)
    assert as_it_stands(ops).url == ops.url


def test_who_may_not_read_the_audit_trail_cannot_point_it_elsewhere(acme: Tenant) -> None:
    audit = subscribed(acme, "audit", event_types=["person.*"]).subscription
    with pytest.raises(Forbidden, match=r"person\.\*"):
        change(audit, url=ELSEWHERE)
    assert as_it_stands(audit).url == audit.url
    assert change(audit, Role.ADMIN, url=ELSEWHERE).url == ELSEWHERE


def test_who_may_not_read_the_audit_trail_cannot_have_it_told(ops: WebhookSubscription) -> None:
    with pytest.raises(Forbidden):
        change(ops, event_types=["key.*"])
    assert as_it_stands(ops).event_types == ["*"]


# --- Disabling and enabling ---


def disable(subscription: WebhookSubscription) -> None:
    with within(subscription.tenant_id):
        disable_subscription(subscription=subscription, by=CASTING)


def enable(subscription: WebhookSubscription, **how: bool) -> WebhookSubscription:
    with within(subscription.tenant_id):
        return enable_subscription(subscription=subscription, by=CASTING, **how)


def missed(subscription: WebhookSubscription) -> Missed:
    with within(subscription.tenant_id):
        return missed_by(WebhookSubscription.objects.get(id=subscription.id))


def test_it_is_switched_once_each_way(acme: Tenant, ops: WebhookSubscription) -> None:
    disable(ops)
    disable(ops)
    assert as_it_stands(ops).enabled is False
    enable(ops)
    enable(ops)
    assert as_it_stands(ops).enabled is True
    assert actions(acme) == [("disabled", {"reason": "by_hand"}), ("enabled", {"send_missed": True})]


def test_it_says_what_it_has_missed(acme: Tenant, ops: WebhookSubscription) -> None:
    happen(acme, "execution.failed")
    told(acme)
    disable(ops)
    happen(acme, "execution.failed")
    told(acme)
    assert missed(ops) == Missed(waiting=1, entries=2)  # one of them says that it was disabled
    enable(ops)
    told(acme)
    assert missed(ops).waiting == 2


def test_it_can_be_enabled_without_what_it_has_missed(acme: Tenant, ops: WebhookSubscription) -> None:
    happen(acme, "execution.failed")
    told(acme)
    disable(ops)
    happen(acme, "execution.failed")
    enable(ops, send_missed=False)
    happen(acme, "execution.succeeded")
    told(acme)
    assert [(delivery.event_type, delivery.status) for delivery in deliveries(acme)] == [
        ("execution.failed", "cancelled"),
        ("execution.succeeded", "waiting"),
    ]


def test_one_that_is_enabled_is_told_that_nothing_was_left_out(acme: Tenant, ops: WebhookSubscription) -> None:
    happen(acme, "execution.failed")
    told(acme)
    with pytest.raises(Conflict, match="enabled already, so all that waits for it is sent"):
        enable(ops, send_missed=False)
    assert [delivery.status for delivery in deliveries(acme)] == ["waiting"]
    assert actions(acme) == []


def test_to_enable_it_forgets_why_it_was_disabled(acme: Tenant, ops: WebhookSubscription) -> None:
    with within(acme.id):
        WebhookSubscription.objects.update(enabled=False, disabled_reason="It failed.", failing_since=timezone.now())
    enabled = enable(ops)
    assert (enabled.disabled_reason, enabled.failing_since) == ("", None)


def test_it_is_not_switched_by_who_may_only_read(acme: Tenant, ops: WebhookSubscription) -> None:
    viewer = holding(acme, Role.VIEWER)
    with within(acme.id):
        for verb in (disable_subscription, enable_subscription):
            with pytest.raises(Forbidden):
                verb(subscription=ops, by=viewer)
    assert actions(acme) == []


# --- Secrets ---


def rotate_it(subscription: WebhookSubscription, overlap_seconds: int = 3600) -> str:
    with within(subscription.tenant_id):
        return rotate_secret(subscription=subscription, by=CASTING, overlap_seconds=overlap_seconds).secret


def secrets(subscription: WebhookSubscription, *, hours: int = 0) -> list[str]:
    with within(subscription.tenant_id):
        row = WebhookSubscription.objects.get(id=subscription.id)
        return active_secrets(row, timezone.now() + timedelta(hours=hours))


def test_the_old_secret_signs_for_the_overlap(acme: Tenant, issued: IssuedSecret, ops: WebhookSubscription) -> None:
    newer = rotate_it(ops)
    assert secrets(ops) == [newer, issued.secret]
    assert secrets(ops, hours=2) == [newer]
    assert actions(acme) == [("secret_rotated", {"overlap_seconds": 3600})]


def test_without_an_overlap_the_old_secret_is_destroyed_at_once(ops: WebhookSubscription) -> None:
    newer = rotate_it(ops, 0)
    row: WebhookSubscription = as_it_stands(ops)
    assert (secrets(ops), row.sealed_previous, row.previous_until) == ([newer], None, None)


def test_there_are_two_secrets_at_most(issued: IssuedSecret, ops: WebhookSubscription) -> None:
    second, third = rotate_it(ops), rotate_it(ops)
    assert secrets(ops) == [third, second]


@pytest.mark.parametrize("seconds", [-1, 30 * 24 * 3600 + 1])
def test_it_refuses_an_overlap(issued: IssuedSecret, ops: WebhookSubscription, seconds: int) -> None:
    with pytest.raises(Invalid) as refusal:
        rotate_it(ops, seconds)
    assert [fault.path for fault in refusal.value.faults] == ["$.overlap_seconds"]
    assert secrets(ops) == [issued.secret]


def test_only_who_may_change_credentials_rotates(acme: Tenant, issued: IssuedSecret, ops: WebhookSubscription) -> None:
    with within(acme.id), pytest.raises(Forbidden):
        rotate_secret(subscription=ops, by=holding(acme, Role.OPERATOR))
    assert secrets(ops) == [issued.secret]


def test_a_new_data_key_seals_them_anew(acme: Tenant, issued: IssuedSecret, ops: WebhookSubscription) -> None:
    newer = rotate_it(ops)
    before: WebhookSubscription = as_it_stands(ops)
    with within(acme.id):
        rotate_data_key(tenant_id=acme.id, by=CASTING)
    tend_rekeyings()
    after: WebhookSubscription = as_it_stands(ops)
    assert bytes(after.sealed_secret) != bytes(before.sealed_secret)
    assert secrets(ops) == [newer, issued.secret]


# --- Removing ---


def test_it_is_removed_with_what_waits_and_with_its_secrets(acme: Tenant, ops: WebhookSubscription) -> None:
    rotate_it(ops)
    happen(acme, "execution.failed")
    told(acme)
    with within(acme.id):
        remove_subscription(subscription=ops, by=CASTING)
        with pytest.raises(NotFound):
            find_subscription("ops")
        with pytest.raises(NotFound):
            remove_subscription(subscription=ops, by=CASTING)
    row: WebhookSubscription = as_it_stands(ops)
    assert (bytes(row.sealed_secret), row.sealed_previous) == (b"", None)
    assert [delivery.status for delivery in deliveries(acme)] == ["cancelled"]
    assert actions(acme)[-1] == ("removed", {"cancelled": 1})
    assert subscribed(acme).subscription.slug == "ops"


def test_it_is_not_removed_by_who_may_only_read(acme: Tenant, ops: WebhookSubscription) -> None:
    with within(acme.id), pytest.raises(Forbidden):
        remove_subscription(subscription=ops, by=holding(acme, Role.VIEWER))
    assert as_it_stands(ops).deleted_at is None
