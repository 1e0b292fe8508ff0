"""`webhook-events/`: what came, as everybody may see it, and as it came."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import first_id_at, id_beside
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.webhooks.rows import JSON, make_event, make_source
from tests.webhooks.sending import make_source as make_platform
from tests.webhooks.sending import signed
from webhooks.models import WebhookEvent, WebhookRoute, WebhookSource
from webhooks.routing.route_events import route_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def billing(acme: Tenant) -> WebhookSource:
    return make_source(acme)


@pytest.fixture
def admin(acme: Tenant, api: Api) -> Api:
    return api.as_(make_key(make_agent(acme, "chief", Role.ADMIN)))


def found(api: Api, **query: Any) -> list[str]:
    return [each["id"] for each in api.get("webhook-events/", query).json()["results"]]


def ids(*events: WebhookEvent) -> list[str]:
    return [str(event.id) for event in events]


def test_it_lists_what_came(api: Api, billing: WebhookSource) -> None:
    event = make_event(billing, address="198.51.100.7")
    [told] = api.get("webhook-events/").json()["results"]
    assert told == {
        "id": str(event.id),
        "source": "billing",
        "received_at": event.received_at.isoformat().replace("+00:00", "Z"),
        "status": "accepted",
        "reason": "",
        "detail": "",
        "origin": "sender",
        "type": "invoice.paid",
        "external_id": "evt_1",
        "method": "POST",
        "address": "198.51.100.7",
        "content_type": "application/json",
        "body_bytes": event.body_bytes,
        "duplicate_of": None,
        "verdict": {},
        "routing": "waiting",
        "routed_at": None,
        "count": 1,
        "emptied_at": None,
    }


def test_it_finds_them(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    first = make_event(billing, {"note": "Zoë's order 50%", "token": "t-1"})
    other = make_event(make_source(acme, "shop"), origin="test", event_type="invoice.void", external_id="evt_2")
    refused = make_event(billing, status="rejected", routing="", reason="signature_mismatch", event_type="")
    again = make_event(billing, status="duplicate", routing="", duplicate_of=first.id)
    route_events(acme.id, [first.id])
    assert found(api) == ids(again, refused, other, first)
    assert found(api, source="shop") == ids(other)
    assert found(api, status="rejected", reason="signature_mismatch") == ids(refused)
    assert found(api, routing="unrouted") == ids(first)
    assert found(api, origin="test") == ids(other)
    assert found(api, type="invoice.void") == ids(other)
    assert found(api, type="invoice.*", source="billing") == ids(again, first)
    assert found(api, external_id="evt_2") == ids(other)
    assert found(api, duplicate_of=str(first.id)) == ids(again)
    assert found(api, search="zoë's ORDER 50%") == ids(first)
    assert found(api, search="t-1") == []
    assert found(api, search="order_50") == []


def test_it_finds_them_by_when_they_came(api: Api, billing: WebhookSource) -> None:
    noon = timezone.now().replace(microsecond=0) - timedelta(days=1)
    before, after = (make_event(billing, id=id_beside(first_id_at(noon + timedelta(seconds=each)))) for each in (-1, 1))
    assert found(api, since=noon.isoformat()) == ids(after)
    assert found(api, until=noon.isoformat()) == ids(before)
    assert api.get("webhook-events/", {"since": "yesterday"}).json()["errors"][0]["path"] == "since"


def test_another_tenants_events_are_not_there(api: Api, admin: Api, globex: Tenant) -> None:
    event = make_event(make_source(globex))
    assert found(api) == []
    assert api.get(f"webhook-events/{event.id}/").json()["code"] == "not_found"
    assert admin.get(f"webhook-events/{event.id}/raw/").json()["code"] == "not_found"


def test_it_tells_all_of_one(api: Api, acme: Tenant, billing: WebhookSource, scout: Agent) -> None:
    with within(acme.id):
        route = WebhookRoute.objects.create(tenant=acme, slug="to-crm", agent=scout, tool="crm-find")
    event = make_event(billing, {"password": "p4ss", "id": 1}, headers=(*JSON, ("Stripe-Signature", "v1=s1gned")))
    make_event(billing, status="duplicate", routing="", duplicate_of=event.id)
    [run] = route_events(acme.id, [event.id]).runs
    told = api.get(f"webhook-events/{event.id}/")
    assert told.status_code == 200
    whole = told.json()
    assert whole["payload"] == {"password": "[redacted:field]", "id": 1}
    assert whole["matches"] == [
        {"route": str(route.id), "slug": "to-crm", "matched": True, "reason": "It takes every event."}
    ]
    assert whole["request"] == {
        "method": "POST",
        "url": "https://registry.example/hooks/[redacted:token]/?attempt=2",
        "headers": [
            {"name": "Content-Type", "value": "application/json"},
            {"name": "Stripe-Signature", "value": "[redacted:signature]"},
        ],
        "body": '{"password": "[redacted:field]", "id": 1}',
        "body_base64": None,
    }
    [shown] = whole["runs"]
    assert (shown["id"], shown["route"], shown["status"], shown["replay"]) == (str(run), "to-crm", "waiting", None)
    assert whole["duplicates"] == 1
    assert not any(secret in told.content.decode() for secret in ("p4ss", "s1gned", "whk_secret"))


def test_it_shows_no_body_that_is_no_text(api: Api, billing: WebhookSource) -> None:
    event = make_event(billing, b"\xff\x00", headers=(("Content-Type", "image/png"),))
    request = api.get(f"webhook-events/{event.id}/").json()["request"]
    assert (request["body"], request["body_base64"]) == (None, None)


@pytest.mark.parametrize("facts", [{"sealed_head": None}, {"sealed_head": b"something else"}])
def test_it_tells_of_one_that_cannot_be_opened(
    api: Api, acme: Tenant, billing: WebhookSource, facts: dict[str, Any]
) -> None:
    event = make_event(billing)
    with within(acme.id):
        WebhookEvent.objects.update(**facts)
    whole = api.get(f"webhook-events/{event.id}/").json()
    assert (whole["request"], whole["curl"], whole["type"]) == (None, "", "invoice.paid")


class TestRaw:
    def test_it_shows_what_came(self, admin: Api, acme: Tenant, billing: WebhookSource) -> None:
        event = make_event(billing, {"password": "p4ss"}, headers=(*JSON, ("Stripe-Signature", "v1=s1gned")))
        raw = admin.get(f"webhook-events/{event.id}/raw/").json()
        assert (raw["body"], raw["body_base64"]) == ('{"password": "p4ss"}', None)
        assert raw["url"] == "https://registry.example/hooks/whk_secret/?attempt=2"
        assert {"name": "Stripe-Signature", "value": "v1=s1gned"} in raw["headers"]
        assert "p4ss" in raw["curl"]
        assert (raw["signature"]["valid"], raw["signature"]["reason"]) == (False, "no_secret")
        with within(acme.id):
            told = AuditEntry.objects.get(action="webhook_event.read_raw")
        assert (told.subject, told.detail) == (f"webhook_event:{event.id}", {})

    def test_it_shows_both_sides_of_a_signature(self, admin: Api, acme: Tenant) -> None:
        source = make_platform(acme)
        headers = [("X-Hub-Signature-256", "sha256=00")]
        event = make_event(source, b"{}", headers=tuple(headers), status="rejected", routing="")
        with within(acme.id):
            [secret] = source.secrets.all()
        told = admin.get(f"webhook-events/{event.id}/raw/").json()["signature"]
        right = dict(signed(b"{}"))["x-hub-signature-256"]
        assert (told["reason"], told["signed"]) == ("signature_mismatch", "{}")
        assert told["computed"] == [{"secret": str(secret.id), "signature": right}]
        assert told["received"] == ["sha256=00"]

    def test_it_shows_what_is_no_text(self, admin: Api, billing: WebhookSource) -> None:
        event = make_event(billing, b"\xff\x00")
        raw = admin.get(f"webhook-events/{event.id}/raw/").json()
        assert (raw["body"], raw["body_base64"]) == (None, "/wA=")

    def test_it_is_for_who_may_see_secrets(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        assert api.get(f"webhook-events/{make_event(billing).id}/raw/").status_code == 403
        with within(acme.id):
            assert not AuditEntry.objects.filter(action="webhook_event.read_raw").exists()

    def test_what_was_removed_is_a_conflict(self, admin: Api, acme: Tenant, billing: WebhookSource) -> None:
        event = make_event(billing)
        with within(acme.id):
            WebhookEvent.objects.update(sealed_head=None, sealed_body=None)
        assert admin.get(f"webhook-events/{event.id}/raw/").json()["code"] == "conflict"
