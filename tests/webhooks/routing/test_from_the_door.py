"""What the door stores is what routing opens."""

import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from tests.corridor import Loop
from tests.webhooks.sending import events_of, make_source, path_to, post, signed
from webhooks.events.find import find_event
from webhooks.events.inspect_signature import inspect_signature
from webhooks.events.raw import open_raw
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.routing.fill import fill_run
from webhooks.routing.route_events import route_events

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_that_came_becomes_a_run(corridor_loop: Loop, acme: Tenant, scout: Agent) -> None:
    source = make_source(acme)
    with within(acme.id):
        template = {
            "account": "{{ body.number }}",
            "kind": '{{ headers."x-github-event" }}',
            "page": "{{ query.page }}",
        }
        WebhookRoute.objects.create(tenant=acme, slug="to-crm", agent=scout, tool="crm-find", input=template)
    body = b'{"number": 7}'
    told = corridor_loop.run(post(path_to(source), body, signed(body, event_id="d-1"), query="page=2"))
    assert told.status == 200
    [event] = events_of(source)
    [run_id] = route_events(acme.id, [event.id]).runs
    with within(acme.id):
        assert fill_run(WebhookRun.objects.get(id=run_id)).input == {"account": 7, "kind": "push", "page": "2"}
        found = find_event(event.id)
        inspected = inspect_signature(found, open_raw(found))
    assert (found.payload, found.event_type, found.external_id) == ({"number": 7}, "push", "d-1")
    assert (inspected.now.valid, inspected.at_receipt["valid"]) == (True, True)
    assert inspected.now.computed == inspected.now.received
