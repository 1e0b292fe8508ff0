"""Routes in the browser: listed in their order, written, tried on events that came, switched and removed."""

import json
from typing import Any

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.models import Tool
from tests.browsing import Browse, address_of, list_of, text_of
from tests.catalogue import Register
from tests.webhooks.queue.rows import make_route, make_runs
from tests.webhooks.rows import make_event, make_source
from webhooks.admin.sentences import sentence_of
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.models.queued import QueueStatus
from webhooks.queue.rest import let_rest

pytestmark = pytest.mark.django_db

LIST = list_of(WebhookRoute)
ADD = f"{LIST}add/"
USUAL = {
    "name": "Paid invoices",
    "slug": "paid",
    "target": "tool",
    "tool": "crm-find",
    "order": "10",
    "concurrency": "5",
}
INPUT = '{"account": "{{ body.data.amount }}", "email": "{{ body.data.email }}"}'


@pytest.fixture
def tool(register: Register) -> Tool:
    return register()


def the_route(tenant: Tenant) -> WebhookRoute:
    with within(tenant.id):
        return WebhookRoute.objects.select_related("source", "agent").get()


def nothing_ran(tenant: Tenant) -> bool:
    with within(tenant.id):
        return not WebhookRun.objects.exists()


class TestList:
    def test_one_whose_tool_fails_says_that_it_rests(self, browse: Browse, vera: Person, scout: Agent) -> None:
        route = make_route(scout)
        with within(scout.tenant_id):
            let_rest(route.id, 30)
        assert "Rests" in browse(vera).page(LIST)
        assert "the circuit of its tool was open" in browse(vera).page(address_of(route))

    def test_they_stand_in_the_order_in_which_an_event_meets_them(
        self, browse: Browse, vera: Person, scout: Agent
    ) -> None:
        for slug, order in (("last", 30), ("first", 10), ("second", 20)):
            make_route(scout, slug, order=order)
        page = browse(vera).page(LIST)
        assert page.index(">First<") < page.index(">Second<") < page.index(">Last<")

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, {"on", "off"}),
            ({"state": "enabled"}, {"on"}),
            ({"state": "disabled"}, {"off"}),
            ({"state": "removed"}, {"gone"}),
            ({"q": "on"}, {"on"}),
        ],
    )
    def test_it_is_narrowed(
        self, browse: Browse, vera: Person, scout: Agent, query: dict[str, str], shown: set[str]
    ) -> None:
        make_route(scout, "on", name="Route on")
        make_route(scout, "off", name="Route off", enabled=False)
        make_route(scout, "gone", name="Route gone", deleted_at="2026-11-20T12:00Z")
        page = browse(vera).page(LIST, query)
        assert {slug for slug in ("on", "off", "gone") if f">Route {slug}<" in page} == shown

    def test_each_is_a_sentence(self, acme: Tenant, scout: Agent) -> None:
        conditions = [{"path": "$.body.amount", "op": "gt", "value": 1000}]
        types = ["a", "b", "c", "d", "e"]
        make_route(scout, source=make_source(acme), event_types=types, conditions=conditions)
        assert sentence_of(the_route(acme)) == (
            "Events of `billing` · of type `a`, `b`, `c`, `d` and 1 more · when `$.body.amount` > `1000`"
        )

    def test_one_that_names_nothing_takes_all(self, acme: Tenant, scout: Agent) -> None:
        make_route(scout)
        assert sentence_of(the_route(acme)) == "Events of any source"


class TestDetail:
    def test_it_says_what_it_does_and_how_it_went(
        self, browse: Browse, vera: Person, acme: Tenant, scout: Agent, tool: Tool
    ) -> None:
        route = make_route(scout, input={"account": "{{ body.id }}"}, schedule=[0, 60], ordered_by="body.id")
        make_runs(route, 2, status=QueueStatus.SUCCEEDED)
        page = browse(vera).page(address_of(route))
        for shown in ("crm-find", "{{ body.id }}", "0 s, 60 s", "2 succeeded", "scout"):
            assert shown in page

    def test_it_warns_where_its_tool_is_gone(self, browse: Browse, vera: Person, scout: Agent) -> None:
        assert "every event that takes this route becomes a dead letter" in browse(vera).page(
            address_of(make_route(scout, tool="nothing"))
        )

    def test_one_that_an_agent_fetches_says_so(self, browse: Browse, vera: Person, scout: Agent) -> None:
        route = make_route(scout, target="agent", tool="")
        assert "waits for its agent to fetch it" in browse(vera).page(address_of(route))


class TestWriting:
    def test_it_is_made_with_an_agent_of_its_own(self, browse: Browse, bob: Person, acme: Tenant, tool: Tool) -> None:
        make_source(acme)
        fields = {
            **USUAL,
            "source": "billing",
            "event_types": "invoice.*, charge.paid",
            "conditions-0-path": "$.body.data.amount",
            "conditions-0-op": "gt",
            "conditions-0-value": "1000",
            "input": INPUT,
            "goes_on": "on",
        }
        assert "It counts for events that come from now on." in browse(bob).done(ADD, fields)
        route = the_route(acme)
        assert (route.slug, route.source and route.source.slug, route.order) == ("paid", "billing", 10)
        assert route.event_types == ["invoice.*", "charge.paid"]
        assert route.conditions == [{"path": "$.body.data.amount", "op": "gt", "value": 1000}]
        assert (route.agent.slug, route.input) == ("route-paid", json.loads(INPUT))

    def test_the_input_may_be_one_expression(self, browse: Browse, bob: Person, acme: Tenant, tool: Tool) -> None:
        browse(bob).done(ADD, {**USUAL, "input": "{{ body.data }}"})
        assert the_route(acme).input == "{{ body.data }}"

    def test_it_begins_with_the_event_that_somebody_came_from(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme))
        page = browse(bob).page(ADD, {"event": str(event.id)})
        assert '<option value="billing" selected>' in page
        assert "invoice.paid</textarea>" in page
        assert f'<option value="{event.id}" selected>' in page

    def test_a_refusal_stands_beside_its_field_and_nothing_is_made(
        self, browse: Browse, bob: Person, acme: Tenant
    ) -> None:
        page = browse(bob).refused(ADD, {**USUAL, "tool": "nothing", "input": '{"a": "{{ ] }}"}'})
        assert 'id="id_tool_error"' in page
        assert 'id="id_input_error"' in page
        with within(acme.id):
            assert not WebhookRoute.objects.exists()

    def test_it_is_edited(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent, tool: Tool) -> None:
        route = make_route(scout)
        fields = {**USUAL, "agent": "scout", "order": "7"}
        assert "is changed" in browse(bob).done(address_of(route, "edit"), fields)
        changed = the_route(acme)
        assert (changed.name, changed.order, changed.goes_on) == ("Paid invoices", 7, False)

    def test_a_reader_may_not(self, browse: Browse, vera: Person, scout: Agent) -> None:
        route = make_route(scout)
        for address in (ADD, address_of(route, "edit"), address_of(route, "remove")):
            assert browse(vera).post(address, {**USUAL, "preview": "yes"}).status_code == 403


class TestTrying:
    def tried(self, browse: Browse, person: Person, address: str, **fields: Any) -> str:
        answer = browse(person).post(address, {**USUAL, "input": INPUT, "preview": "yes", **fields})
        assert answer.status_code == 200, text_of(answer)
        return text_of(answer)

    def test_it_says_what_would_become_of_an_event_and_saves_nothing(
        self, browse: Browse, bob: Person, acme: Tenant, tool: Tool
    ) -> None:
        event = make_event(make_source(acme))
        page = self.tried(browse, bob, ADD, **{"preview-event": str(event.id), "event_types": "invoice.paid"})
        assert "Takes it" in page
        assert "4200" in page
        assert "ada@acme.example" not in page
        assert nothing_ran(acme)
        with within(acme.id):
            assert not WebhookRoute.objects.exists()

    def test_it_needs_no_name_for_that(self, browse: Browse, bob: Person, acme: Tenant, tool: Tool) -> None:
        event = make_event(make_source(acme))
        page = self.tried(browse, bob, ADD, **{"preview-event": str(event.id), "name": "", "slug": ""})
        assert "Takes it" in page

    def test_a_source_that_cannot_be_is_refused(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        assert "Select a valid choice." in browse(bob).refused(ADD, {**USUAL, "source": "\x00"})

    def test_it_says_why_it_would_not_take_it(self, browse: Browse, bob: Person, acme: Tenant, tool: Tool) -> None:
        event = make_event(make_source(acme))
        page = self.tried(browse, bob, ADD, **{"preview-event": str(event.id), "event_types": "push"})
        assert "Does not take it" in page

    def test_it_says_where_the_event_does_not_suit(self, browse: Browse, bob: Person, acme: Tenant, tool: Tool) -> None:
        event = make_event(make_source(acme), ["no object"])
        page = self.tried(browse, bob, ADD, **{"preview-event": str(event.id), "input": ""})
        assert "The event does not suit the route:" in page

    def test_what_is_wrong_with_the_route_stands_beside_its_field(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent, tool: Tool
    ) -> None:
        event, route = make_event(make_source(acme)), make_route(scout)
        fields = {**USUAL, "tool": "nothing", "preview": "yes", "preview-event": str(event.id)}
        page = browse(bob).refused(address_of(route, "edit"), fields)
        assert 'id="id_tool_error"' in page
        assert the_route(acme).name == "Route"

    def test_the_newest_events_of_its_source_are_offered(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent
    ) -> None:
        ours, theirs = make_event(make_source(acme)), make_event(make_source(acme, "other"))
        route = make_route(scout, source=ours.source)
        page = browse(bob).page(address_of(route, "edit"))
        assert (str(ours.id) in page, str(theirs.id) in page) == (True, False)

    def test_without_events_it_says_where_they_come_from(self, browse: Browse, bob: Person) -> None:
        assert "A source's page sends test events." in browse(bob).page(ADD)


class TestSwitching:
    def test_it_is_disabled_and_enabled(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent, tool: Tool
    ) -> None:
        route = make_route(scout)
        browse(bob).done(address_of(route, "disable"))
        assert the_route(acme).enabled is False
        browse(bob).done(address_of(route, "enable"))
        assert the_route(acme).enabled is True

    def test_it_is_removed(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent) -> None:
        route = make_route(scout)
        assert "is removed." in browse(bob).done(address_of(route, "remove"))
        assert the_route(acme).deleted_at is not None
