"""`webhook-deliveries/`: what was sent to whom, how each attempt went, and sending it once more."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from tests.accounts.api.problems import refusal
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.webhooks.telling.subscribers import attempted, deliveries, happen, subscribed, told
from webhooks.models import WebhookDelivery
from webhooks.models.queued import Cause
from webhooks.telling.judge import Judgement

pytestmark = pytest.mark.django_db
FAILED = Judgement("upstream_error", "The receiver answered with HTTP 500.", Cause.RECEIVER, 500, "oh no")


@pytest.fixture
def dead(acme: Tenant) -> WebhookDelivery:
    subscribed(acme, schedule=[0])
    happen(acme, "execution.failed", code="timeout")
    told(acme)
    return attempted(acme, FAILED)


def shown(api: Api, **query: str) -> list[str]:
    answer = api.get("webhook-deliveries/", query)
    assert answer.status_code == 200, answer.content
    return [each["event_type"] for each in answer.json()["results"]]


def test_it_shows_one_with_its_attempts(api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    found = api.get(f"webhook-deliveries/{dead.id}/").json()
    (attempt,) = found.pop("attempt_log")
    times = {name: attempt.pop(name) for name in ("started_at", "finished_at")}
    assert all(times.values())
    assert attempt == {
        "number": 1,
        "status_code": 500,
        "code": "upstream_error",
        "detail": "The receiver answered with HTTP 500.",
        "response": "oh no",
        "next_at": None,
    }
    assert found.pop("payload") == dead.payload
    assert api.get("webhook-deliveries/").json()["results"] == [found]
    known = {name: found[name] for name in ("subscription", "event_type", "status", "attempts", "cause", "code")}
    assert known == {
        "subscription": "ops",
        "event_type": "execution.failed",
        "status": "dead",
        "attempts": 1,
        "cause": "receiver",
        "code": "upstream_error",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "dead"}, ["execution.failed"]),
        ({"status": "waiting"}, ["tool.changed"]),
        ({"subscription": "ops", "event_type": "execution.failed"}, ["execution.failed"]),
        ({"subscription": "other"}, []),
        ({"cause": "receiver", "code": "upstream_error"}, ["execution.failed"]),
        ({"cause": "ours"}, []),
    ],
)
def test_it_lists_those_that_are_asked_for(
    api: Api, acme: Tenant, dead: WebhookDelivery, query: dict[str, str], expected: list[str]
) -> None:
    happen(acme, "tool.changed")
    told(acme)
    assert shown(api, **query) == expected


@pytest.mark.parametrize("query", [{"status": "lost"}, {"cause": "nobody"}, {"until": "now"}])
def test_it_refuses_a_query(api: Api, query: dict[str, str]) -> None:
    status, code, faults = refusal(api.get("webhook-deliveries/", query))
    assert (status, code, list(faults)) == (422, "invalid_input", list(query))


def test_it_sends_one_once_more(api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    answer = api.post(f"webhook-deliveries/{dead.id}/resend/")
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "waiting", 0)
    assert refusal(api.post(f"webhook-deliveries/{dead.id}/resend/"))[:2] == (409, "conflict")
    assert attempted(acme, Judgement(status_code=200)).status == "succeeded"


def test_it_redrives_a_dead_letter(api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    answer = api.post(f"webhook-deliveries/{dead.id}/redrive/")
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "waiting", 0)
    assert refusal(api.post(f"webhook-deliveries/{dead.id}/redrive/"))[:2] == (409, "conflict")
    assert attempted(acme, FAILED).status == "dead"


def test_it_redrives_those_that_are_asked_for_once_per_key(api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    asked = {"filter": {"subscription": "ops", "cause": "receiver"}}
    dry = api.post("webhook-deliveries/redrive/", asked | {"dry_run": True})
    assert (dry.status_code, dry.json()) == (200, {"redo": None, "count": 1, "left": 0})
    assert [delivery.status for delivery in deliveries(acme)] == ["dead"]
    first = api.post("webhook-deliveries/redrive/", asked, idempotency_key="outage-7")
    assert (first.status_code, first.json()["count"]) == (202, 1)
    attempted(acme, FAILED)
    assert api.post("webhook-deliveries/redrive/", asked, idempotency_key="outage-7").json() == first.json()
    assert [delivery.status for delivery in deliveries(acme)] == ["dead"]
    other = api.post("webhook-deliveries/redrive/", {"ids": [str(dead.id)]}, idempotency_key="outage-7")
    assert refusal(other)[:2] == (409, "idempotency_conflict")


@pytest.mark.parametrize("asked", [{}, {"ids": [], "filter": {}}, {"filter": {"status": "dead"}}, {"ids": ["7"]}])
def test_it_refuses_to_redrive(api: Api, acme: Tenant, dead: WebhookDelivery, asked: dict[str, Any]) -> None:
    assert refusal(api.post("webhook-deliveries/redrive/", asked))[:2] == (422, "invalid_input")
    assert [delivery.status for delivery in deliveries(acme)] == ["dead"]


def test_it_redrives_nothing_of_a_subscription_that_was_removed(api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    api.delete("webhook-subscriptions/ops/")
    assert api.post("webhook-deliveries/redrive/", {"filter": {}}).json()["count"] == 0
    assert refusal(api.post(f"webhook-deliveries/{dead.id}/redrive/"))[:2] == (409, "conflict")
    assert [delivery.status for delivery in deliveries(acme)] == ["dead"]


def test_another_tenants_are_not_there(spy_api: Api, acme: Tenant, dead: WebhookDelivery) -> None:
    assert shown(spy_api) == []
    for answer in (
        spy_api.get(f"webhook-deliveries/{dead.id}/"),
        spy_api.post(f"webhook-deliveries/{dead.id}/resend/"),
        spy_api.post(f"webhook-deliveries/{dead.id}/redrive/"),
    ):
        assert refusal(answer)[:2] == (404, "not_found")
    assert spy_api.post("webhook-deliveries/redrive/", {"ids": [str(dead.id)]}).json()["count"] == 0
    assert [delivery.status for delivery in deliveries(acme)] == ["dead"]


def test_what_only_the_audit_trail_tells_is_shown_to_who_may_read_it(api: Api, acme: Tenant) -> None:
    subscribed(acme, event_types=["person.*", "execution.*"])
    happen(acme, "person.signed_in")
    happen(acme, "execution.failed")
    told(acme)
    secret = deliveries(acme)[0]
    admin = api.as_(make_key(make_agent(acme, "steward", Role.ADMIN)))
    assert shown(api) == ["execution.failed"]
    assert refusal(api.get(f"webhook-deliveries/{secret.id}/"))[:2] == (404, "not_found")
    assert shown(admin) == ["execution.failed", "person.signed_in"]
    assert admin.get(f"webhook-deliveries/{secret.id}/").status_code == 200
