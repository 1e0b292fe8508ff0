"""`webhook-subscriptions/`: made with a secret that is shown once, changed, switched, tested, removed."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.webhooks.telling.subscribers import URL, as_it_stands, deliveries, subscribed
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.secrets import active_secrets

pytestmark = pytest.mark.django_db
WANTED: dict[str, Any] = {"slug": "ops", "url": URL, "event_types": ["execution.failed", "approval.*"]}


@pytest.fixture
def admin_api(api: Api, acme: Tenant) -> Api:
    return api.as_(make_key(make_agent(acme, "steward", Role.ADMIN)))


@pytest.fixture
def viewer_api(api: Api, acme: Tenant) -> Api:
    return api.as_(make_key(make_agent(acme, "reader", Role.VIEWER)))


def row(tenant: Tenant) -> WebhookSubscription:
    with within(tenant.id):
        return WebhookSubscription.objects.get()


def test_it_makes_one_and_shows_its_secret_once(api: Api, acme: Tenant) -> None:
    answer = api.post("webhook-subscriptions/", WANTED)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    made = answer.json()
    secret = made.pop("secret")
    kept = row(acme)
    with within(acme.id):
        assert active_secrets(kept, kept.created_at) == [secret]
    created = kept.created_at.isoformat().replace("+00:00", "Z")
    assert made == {
        "id": str(kept.id),
        "slug": "ops",
        "name": "ops",
        "url": URL,
        "event_types": ["execution.failed", "approval.*"],
        "conditions": [],
        "schedule": None,
        "concurrency": 5,
        "timeout_ms": 15_000,
        "enabled": True,
        "disabled_reason": "",
        "failing_since": None,
        "last_success_at": None,
        "previous_secret_until": None,
        "created_at": created,
        "updated_at": kept.updated_at.isoformat().replace("+00:00", "Z"),
    }
    for path in ("webhook-subscriptions/", "webhook-subscriptions/ops/"):
        assert secret.removeprefix("whsec_") not in api.get(path).text
    assert api.get("webhook-subscriptions/").json()["results"] == [made]
    assert api.get("webhook-subscriptions/ops/").json() == made | {"missed": {"waiting": 0, "entries": 0}}


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"url": "nowhere"}, ["$.url"]),
        ({"event_types": ["executions"]}, ["$.event_types[0]"]),
        ({"schedule": ["now"], "concurrency": 0}, ["$.concurrency", "$.schedule[0]"]),
        ({"concurrency": "5"}, ["$.concurrency"]),
        ({"secret": "whsec_mine"}, ["$.secret"]),
        ({"slug": "Ops!"}, ["$.slug"]),
        ({"conditions": "all"}, ["$.conditions"]),
    ],
)
def test_it_refuses(api: Api, acme: Tenant, wrong: dict[str, Any], paths: list[str]) -> None:
    assert refused_fields(api.post("webhook-subscriptions/", WANTED | wrong)) == paths
    with within(acme.id):
        assert not WebhookSubscription.objects.exists()


def test_it_changes_one(api: Api, acme: Tenant) -> None:
    subscribed(acme)
    changed = api.patch("webhook-subscriptions/ops/", {"url": "https://elsewhere.example/", "schedule": [0, 5.5]})
    assert changed.status_code == 200
    assert (changed.json()["url"], changed.json()["schedule"]) == ("https://elsewhere.example/", [0, 5.5])
    assert refused_fields(api.patch("webhook-subscriptions/ops/", {"slug": "x"})) == ["$.slug"]
    assert row(acme).slug == "ops"


def test_it_disables_and_enables_one(api: Api, acme: Tenant) -> None:
    subscribed(acme)
    assert api.post("webhook-subscriptions/ops/disable/").json()["enabled"] is False
    assert [each["slug"] for each in api.get("webhook-subscriptions/", {"enabled": "false"}).json()["results"]] == [
        "ops"
    ]
    answer = api.post("webhook-subscriptions/ops/ping/")
    assert refusal(answer)[:2] == (409, "conflict")
    assert deliveries(acme) == []
    assert api.post("webhook-subscriptions/ops/enable/", {"send_missed": False}).json()["enabled"] is True


def test_it_gives_another_secret(admin_api: Api, api: Api, acme: Tenant) -> None:
    first = subscribed(acme).secret
    answer = admin_api.post("webhook-subscriptions/ops/rotate-secret/", {"overlap_seconds": 60})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert answer.json()["secret"] not in ("", first)
    assert answer.json()["previous_secret_until"] is not None
    assert refusal(api.post("webhook-subscriptions/ops/rotate-secret/"))[:2] == (403, "forbidden")


def test_it_sends_a_test(api: Api, acme: Tenant) -> None:
    subscribed(acme)
    answer = api.post("webhook-subscriptions/ops/ping/")
    (delivery,) = deliveries(acme)
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/webhook-deliveries/{delivery.id}/")
    assert (answer.json()["event_type"], answer.json()["sequence"], answer.json()["status"]) == (
        "ping",
        None,
        "waiting",
    )
    assert delivery.payload["data"] == {"tenant": str(acme.id), "subscription": "ops"}


def test_it_removes_one(api: Api, acme: Tenant) -> None:
    subscription = subscribed(acme).subscription
    assert api.delete("webhook-subscriptions/ops/").status_code == 204
    assert refusal(api.get("webhook-subscriptions/ops/"))[:2] == (404, "not_found")
    assert api.get("webhook-subscriptions/").json()["results"] == []
    assert as_it_stands(subscription).deleted_at is not None


def test_who_may_only_read_changes_nothing(viewer_api: Api, acme: Tenant) -> None:
    subscription = subscribed(acme).subscription
    assert viewer_api.get("webhook-subscriptions/ops/").status_code == 200
    tried = [
        viewer_api.post("webhook-subscriptions/", WANTED | {"slug": "mine"}),
        viewer_api.patch("webhook-subscriptions/ops/", {"url": "https://elsewhere.example/"}),
        viewer_api.delete("webhook-subscriptions/ops/"),
        *(
            viewer_api.post(f"webhook-subscriptions/ops/{verb}/")
            for verb in ("enable", "disable", "rotate-secret", "ping")
        ),
    ]
    assert [refusal(answer)[:2] for answer in tried] == [(403, "forbidden")] * 7
    assert as_it_stands(subscription) == row(acme)
    assert (row(acme).url, row(acme).enabled, deliveries(acme)) == (URL, True, [])


def test_another_tenants_are_not_there(spy_api: Api, acme: Tenant) -> None:
    subscribed(acme)
    assert spy_api.get("webhook-subscriptions/").json()["results"] == []
    tried = [
        spy_api.get("webhook-subscriptions/ops/"),
        spy_api.patch("webhook-subscriptions/ops/", {"name": "Mine"}),
        spy_api.delete("webhook-subscriptions/ops/"),
        *(
            spy_api.post(f"webhook-subscriptions/ops/{verb}/")
            for verb in ("enable", "disable", "rotate-secret", "ping")
        ),
    ]
    assert [refusal(answer)[:2] for answer in tried] == [(404, "not_found")] * 7
    assert (row(acme).name, row(acme).deleted_at, deliveries(acme)) == ("ops", None, [])
