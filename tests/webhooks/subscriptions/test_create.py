"""Making a subscription, and what it may not be."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import URL, happen, holding, subscribed
from webhooks.models import WebhookSubscription
from webhooks.subscriptions import create
from webhooks.subscriptions.create import create_subscription
from webhooks.subscriptions.secrets import active_secrets

pytestmark = pytest.mark.django_db
FACTS: dict[str, Any] = {"slug": "ops", "url": URL, "event_types": ["execution.*"]}


def refused(tenant: Tenant, **facts: Any) -> list[str]:
    """Where the faults are; and nothing was made."""
    with within(tenant.id):
        with pytest.raises(Invalid) as refusal:
            create_subscription(tenant_id=tenant.id, by=CASTING, facts={**FACTS, **facts})
        assert not WebhookSubscription.objects.exists()
    return [fault.path for fault in refusal.value.faults]


def test_it_is_told_of_what_happens_from_now_on(acme: Tenant) -> None:
    happen(acme, "tool.changed")
    issued = subscribed(acme, name="Operations")
    row = issued.subscription
    assert (row.name, row.url, row.enabled, row.position) == ("Operations", URL, True, 2)
    with within(acme.id):
        entry = AuditEntry.objects.get(action="webhook_subscription.created")
        assert active_secrets(row, row.created_at) == [issued.secret]
    assert (entry.actor, entry.subject) == ("system:tests", f"webhook_subscription:{row.id}")


def test_it_is_called_as_its_slug_where_nobody_says_otherwise(acme: Tenant) -> None:
    assert subscribed(acme).subscription.name == "ops"


def test_its_secret_is_nowhere_in_its_row(acme: Tenant) -> None:
    issued = subscribed(acme)
    assert issued.secret.encode() not in bytes(issued.subscription.sealed_secret)


@pytest.mark.parametrize(
    ("facts", "paths"),
    [
        ({"url": "ftp://hooks.example/"}, ["$.url"]),
        ({"url": "https://user:secret@hooks.example/"}, ["$.url"]),
        ({"url": "https://hooks.example/#part"}, ["$.url"]),
        ({"url": "https://hooks.example/in?token=8f14e45fceea167a5a36dedd4bea2543"}, ["$.url"]),
        ({"url": "https://hooks.example/in?token=correcthorsebatterystaple"}, ["$.url"]),
        ({"url": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"}, ["$.url"]),
        ({"event_types": ["executions.*"]}, ["$.event_types[0]"]),
        ({"conditions": [{"path": "data.code", "op": "eq", "value": 1}]}, ["$.conditions[0].path"]),
        ({"conditions": [{"path": "$.data.code", "op": "is", "value": 1}]}, ["$.conditions[0].op"]),
        ({"schedule": []}, ["$.schedule"]),
        ({"schedule": [0] * 21}, ["$.schedule"]),
        ({"schedule": "hourly"}, ["$.schedule"]),
        ({"schedule": [0, -1, True, "5", 604_801]}, [f"$.schedule[{index}]" for index in (1, 2, 3, 4)]),
        ({"concurrency": 0, "timeout_ms": 999}, ["$.concurrency", "$.timeout_ms"]),
        ({"concurrency": 51, "timeout_ms": 30_001}, ["$.concurrency", "$.timeout_ms"]),
        ({"secret": "whsec_mine", "position": 0}, ["$.position", "$.secret"]),
    ],
)
def test_it_refuses(acme: Tenant, facts: dict[str, Any], paths: list[str]) -> None:
    assert refused(acme, **facts) == paths


def test_it_names_what_is_missing(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(Invalid) as refusal:
        create_subscription(tenant_id=acme.id, by=CASTING, facts={})
    assert [fault.path for fault in refusal.value.faults] == ["$.slug", "$.url", "$.event_types"]


def test_it_refuses_a_slug_that_is_none(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(ValidationError):
        create_subscription(tenant_id=acme.id, by=CASTING, facts={**FACTS, "slug": "No slug"})


def test_it_refuses_a_slug_that_is_taken(acme: Tenant, globex: Tenant) -> None:
    subscribed(globex)
    subscribed(acme)
    with pytest.raises(Conflict, match="There is a subscription `ops` already"):
        subscribed(acme)
    with within(acme.id):
        assert WebhookSubscription.objects.count() == 1


def test_it_refuses_too_many(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "MOST_SUBSCRIPTIONS", 1)
    subscribed(acme)
    with pytest.raises(Conflict, match="There are 1 subscriptions already"):
        subscribed(acme, "more")


def test_it_refuses_who_may_only_read(acme: Tenant) -> None:
    with within(acme.id):
        with pytest.raises(Forbidden):
            create_subscription(tenant_id=acme.id, by=holding(acme, Role.VIEWER), facts=FACTS)
        assert not WebhookSubscription.objects.exists()


def test_who_may_not_read_the_audit_trail_has_nothing_told_that_only_it_tells(acme: Tenant) -> None:
    facts = {**FACTS, "event_types": ["execution.*", "person.*"]}
    with within(acme.id):
        with pytest.raises(Forbidden, match=r"may have person\.\* told"):
            create_subscription(tenant_id=acme.id, by=holding(acme, Role.OPERATOR), facts=facts)
        assert not WebhookSubscription.objects.exists()
        create_subscription(tenant_id=acme.id, by=holding(acme, Role.ADMIN), facts=facts)
