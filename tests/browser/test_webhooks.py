"""Webhooks: from a source to an effect, followed live; and every page of theirs, clean."""

from typing import Any

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.models import Tool
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import faults
from tests.browsing import address_of, list_of
from tests.corridor import Corridor
from tests.webhooks.queue.rows import make_route
from tests.webhooks.rows import make_event
from tests.webhooks.runs.making import attempt_it, run_on
from tests.webhooks.sending import make_source
from tests.webhooks.telling.subscribers import subscribed
from webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookRoute,
    WebhookRun,
    WebhookSource,
    WebhookSubscription,
)
from webhooks.models.event import EventStatus, Routing
from webhooks.models.queued import Cause, QueueStatus
from webhooks.routing.route_events import route_events

pytestmark = pytest.mark.django_db(transaction=True)

LIVE = "document.querySelector('[data-live-state=live]')"
MODELS = (WebhookSource, WebhookEvent, WebhookRoute, WebhookRun, WebhookSubscription, WebhookDelivery)
OVERVIEW = "/admin/webhooks/overview/"


def test_an_event_is_followed_from_its_source_to_its_effect(
    open_tab: OpenTab, acme: Tenant, alice: Person, corridor: Corridor, tool: Tool
) -> None:
    watching, tab = open_tab(alice), open_tab(alice)
    watching.open(list_of(WebhookEvent))
    watching.wait_until(LIVE)
    assert "No events yet" in watching.text()

    tab.open(f"{list_of(WebhookSource)}add/")
    tab.follow("GitHub")
    tab.fill("Secret optional", "it is a secret to everybody")
    tab.press("Make the source")
    tab.follow("Test it")
    tab.press("Send it")
    tab.wait_for("The test event came.")
    watching.wait_until("document.querySelector('#result_list tbody tr')")

    with within(acme.id):
        event = WebhookEvent.objects.get()
    tab.open(f"{list_of(WebhookRoute)}add/?event={event.id}")
    tab.fill("Name", "Issues into the CRM")
    tab.fill("Slug", "to-crm")
    tab.fill("Tool optional", "crm-find")
    tab.press("Try it")
    tab.wait_for("Takes it")
    tab.press("Make the route")
    tab.wait_for("It counts for events that come from now on.")

    route_events(acme.id, [event.id])
    attempt_it(corridor)
    tab.open(address_of(event))
    tab.wait_for("The input does not fit")
    tab.follow("Issues into the CRM")
    tab.follow("to-crm")
    tab.follow("Edit")
    tab.fill("The tool's input optional", '{"account": 7}')
    tab.press("Save")

    tab.open(list_of(WebhookRun))
    tab.follow("Redrive")
    tab.press("Redrive it")
    tab.wait_for("It is tried again.")
    attempt_it(corridor)
    tab.wait_until("document.querySelector('h1').textContent.includes('Succeeded')")
    assert [*tab.complaints, *watching.complaints] == []


@pytest.fixture
def pages(acme: Tenant, scout: Agent, tool: Tool) -> list[str]:
    """Theirs, with something on each."""
    source = make_source(acme, name="Repositories of a company with a rather long name, and of its partners")
    headers = (("Content-Type", "application/json"), ("X-Hub-Signature-256", f"sha256={'5257a869e7ec' * 8}"))
    body = {"a": {"b": [1, None, True, "a rather long line that a phone cannot show"]}}
    event = make_event(source, body, headers=headers)
    refused: dict[str, Any] = {
        "status": EventStatus.REJECTED,
        "routing": Routing.NONE,
        "reason": "signature_mismatch",
        "count": 140,
    }
    make_event(source, detail="The signature fits none of the secrets.", verdict={"valid": False}, **refused)
    conditions = [{"path": "$.body.a.b", "op": "exists"}]
    route = make_route(scout, source=source, conditions=conditions, input={"account": "{{ body.a }}"})
    run = run_on(route, event)
    subscription = subscribed(acme, name="Operations").subscription
    with within(acme.id):
        match = {"route": str(route.id), "slug": "route", "matched": True, "reason": "It takes every event."}
        routed = {"routing": Routing.ROUTED, "matches": [match], "verdict": {"valid": True}}
        WebhookEvent.objects.filter(id=event.id).update(**routed)
        dead = {"status": QueueStatus.DEAD, "attempts": 1, "code": "upstream_error", "detail": "It is away."}
        WebhookRun.objects.filter(id=run.id).update(cause=Cause.TOOL, **dead)
        delivery = WebhookDelivery.objects.create(
            tenant=acme,
            subscription=subscription,
            event_type="tool.retired",
            payload={"type": "tool.retired"},
            due_at=event.received_at,
            cause=Cause.RECEIVER,
            **dead,
        )
        for owner in ({"run": run}, {"delivery": delivery}):
            times = {"started_at": event.received_at, "finished_at": event.received_at}
            WebhookAttempt.objects.create(tenant=acme, number=1, code="timeout", response="Away", **times, **owner)
    shown = (source, event, route, run, subscription, delivery)
    acts = [
        address_of(route, "edit"),
        address_of(subscription, "edit"),
        f"{list_of(WebhookSource)}add/",
        f"{list_of(WebhookSource)}add/?scheme=generic-hmac",
        f"{list_of(WebhookRun)}redrive/",
    ]
    return [OVERVIEW, *map(list_of, MODELS), *map(address_of, shown), *acts]


@pytest.mark.parametrize(("phone", "theme"), [(False, "light"), (True, "dark")])
def test_it_shows_clean_pages(open_tab: OpenTab, alice: Person, pages: list[str], phone: bool, theme: str) -> None:
    tab = open_tab(alice, phone=phone, theme=theme)
    for page in pages:
        assert tab.open(page) == 200, page
        assert faults(tab) == {}, page
    assert tab.complaints == []


def test_it_shows_clean_empty_pages(open_tab: OpenTab, alice: Person) -> None:
    tab = open_tab(alice, phone=True)
    for page in [OVERVIEW, *map(list_of, MODELS)]:
        assert tab.open(page) == 200, page
        assert faults(tab) == {}, page
    assert tab.complaints == []
