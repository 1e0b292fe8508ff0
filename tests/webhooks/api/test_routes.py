"""`webhook-routes/` and their preview."""

from typing import Any

import pytest

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.doors import Api
from tests.webhooks.rows import make_event, make_source
from webhooks.models import WebhookEvent, WebhookRoute, WebhookRun, WebhookSource

pytestmark = pytest.mark.django_db

ROUTE = {"slug": "to-crm", "tool": "crm-find"}


@pytest.fixture(autouse=True)
def tool(register: Register) -> None:
    register()


@pytest.fixture
def billing(acme: Tenant) -> WebhookSource:
    return make_source(acme)


@pytest.fixture
def viewer(acme: Tenant, api: Api) -> Api:
    return api.as_(make_key(make_agent(acme, "looker", Role.VIEWER)))


def test_it_makes_shows_changes_and_removes_a_route(api: Api, billing: WebhookSource) -> None:
    made = api.post("webhook-routes/", {**ROUTE, "source": "billing", "event_types": ["invoice.*"]})
    assert made.status_code == 201
    route = made.json()
    assert {name: route[name] for name in ("source", "agent", "order", "goes_on", "target", "input", "enabled")} == {
        "source": "billing",
        "agent": "route-to-crm",
        "order": 100,
        "goes_on": True,
        "target": "tool",
        "input": None,
        "enabled": True,
    }
    assert api.get("webhook-routes/to-crm/").json() == route
    changed = api.patch("webhook-routes/to-crm/", {"source": None, "input": {"id": "{{ id }}"}, "schedule": [0, 60]})
    assert changed.status_code == 200
    assert changed.json() == route | {
        "source": None,
        "input": {"id": "{{ id }}"},
        "schedule": [0, 60],
        "updated_at": changed.json()["updated_at"],
    }
    assert api.delete("webhook-routes/to-crm/").status_code == 204
    assert api.get("webhook-routes/to-crm/").json()["code"] == "not_found"
    assert api.post("webhook-routes/", ROUTE).status_code == 201


def test_it_lists_them_in_their_order(api: Api, billing: WebhookSource) -> None:
    for slug, order, source in (("b", 2, None), ("a", 3, "billing"), ("c", 1, None)):
        facts = {"slug": slug, "order": order, "source": source}
        assert api.post("webhook-routes/", ROUTE | facts).status_code == 201
    assert api.patch("webhook-routes/c/", {"enabled": False}).status_code == 200

    def slugs(**query: Any) -> list[str]:
        return [each["slug"] for each in api.get("webhook-routes/", query).json()["results"]]

    assert slugs() == ["c", "b", "a"]
    assert slugs(source="billing") == ["a"]
    assert slugs(enabled="false") == ["c"]
    assert slugs(agent="route-b", tool="crm-find", target="tool") == ["b"]
    second = api.get(api.get("webhook-routes/", {"limit": 2}).json()["next"].removeprefix("http://testserver"))
    assert [each["slug"] for each in second.json()["results"]] == ["a"]


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"slug": "Not A Slug"}, "$.slug"),
        ({"slug": None}, "$.slug"),
        ({"tool": ""}, "$.tool"),
        ({"tool": "nobody"}, "$.tool"),
        ({"source": "nobody"}, "$.source"),
        ({"agent": "nobody"}, "$.agent"),
        ({"target": "mail"}, "$.target"),
        ({"target": "agent", "tool": ""}, "$.agent"),
        ({"target": "agent", "agent": "scout"}, "$.tool"),
        ({"event_types": "invoice"}, "$.event_types"),
        ({"event_types": ["x" * 201]}, "$.event_types[0]"),
        ({"event_types": [""]}, "$.event_types[0]"),
        ({"conditions": [{"path": "$.amount", "op": "gt", "value": 1}]}, "$.conditions[0].path"),
        ({"conditions": [{"path": "$", "op": "exists"}]}, "$.conditions[0].path"),
        ({"conditions": [{"path": "$.body", "op": "like", "value": 1}]}, "$.conditions[0].op"),
        ({"input": ["{{ body }}"]}, "$.input"),
        ({"input": "no expression"}, "$.input"),
        ({"input": {"a": "{{ body. }}"}}, "$.input.a"),
        ({"end_user": "body."}, "$.end_user"),
        ({"ordered_by": "body."}, "$.ordered_by"),
        ({"schedule": []}, "$.schedule"),
        ({"schedule": [0, -1]}, "$.schedule[1]"),
        ({"concurrency": 0}, "$.concurrency"),
        ({"timeout_ms": 0}, "$.timeout_ms"),
        ({"order": 10_000_000}, "$.order"),
        ({"version": "one"}, "$.version"),
        ({"continue": True}, "$.continue"),
    ],
)
def test_it_says_what_is_wrong_with_a_route(api: Api, acme: Tenant, facts: dict[str, Any], path: str) -> None:
    answer = api.post("webhook-routes/", ROUTE | facts)
    assert answer.status_code == 422
    assert path in [fault["path"] for fault in answer.json()["errors"]]
    with within(acme.id):
        assert not WebhookRoute.objects.exists()
        assert not Agent.objects.filter(slug__startswith="route-").exists()


def test_a_slug_is_there_once(api: Api) -> None:
    assert api.post("webhook-routes/", ROUTE).status_code == 201
    assert api.post("webhook-routes/", ROUTE).json()["code"] == "conflict"


def test_it_is_for_who_may_change_the_catalogue(viewer: Api, acme: Tenant) -> None:
    assert viewer.get("webhook-routes/").status_code == 200
    assert viewer.post("webhook-routes/", ROUTE).status_code == 403
    assert viewer.post("webhook-routes/preview/", {}).status_code == 403
    with within(acme.id):
        assert not WebhookRoute.objects.exists()


def test_another_tenants_routes_are_not_there(api: Api, spy_api: Api) -> None:
    api.post("webhook-routes/", ROUTE)
    assert spy_api.get("webhook-routes/").json()["results"] == []
    for answer in (
        spy_api.get("webhook-routes/to-crm/"),
        spy_api.patch("webhook-routes/to-crm/", {"enabled": False}),
        spy_api.delete("webhook-routes/to-crm/"),
    ):
        assert answer.status_code == 404
    assert api.get("webhook-routes/to-crm/").json()["enabled"] is True


class TestAgents:
    def test_a_route_has_an_agent_of_its_own(self, api: Api, acme: Tenant) -> None:
        api.post("webhook-routes/", ROUTE)
        with within(acme.id):
            agent = Agent.objects.get(slug="route-to-crm")
            assert (agent.role, agent.keys.count()) == (Role.OPERATOR, 0)
            told = AuditEntry.objects.filter(action="webhook_route.created").get()
            assert told.detail == {"slug": "to-crm", "agent": str(agent.id)}

    def test_a_route_of_the_same_slug_has_the_same_agent(self, api: Api, acme: Tenant) -> None:
        for _ in range(2):
            assert api.post("webhook-routes/", ROUTE).status_code == 201
            assert api.delete("webhook-routes/to-crm/").status_code == 204
        with within(acme.id):
            assert Agent.objects.filter(slug="route-to-crm").count() == 1

    def test_nobody_lends_a_route_a_role_above_their_own(self, api: Api, acme: Tenant) -> None:
        make_agent(acme, "chief", Role.OWNER)
        assert api.post("webhook-routes/", {**ROUTE, "agent": "chief"}).status_code == 403
        api.post("webhook-routes/", ROUTE)
        assert api.patch("webhook-routes/to-crm/", {"agent": "chief"}).status_code == 403
        with within(acme.id):
            assert WebhookRoute.objects.get().agent.slug == "route-to-crm"

    def test_nobody_changes_a_route_that_acts_above_their_role(self, api: Api, acme: Tenant) -> None:
        owner = api.as_(make_key(make_agent(acme, "chief", Role.OWNER)))
        assert owner.post("webhook-routes/", {**ROUTE, "agent": "chief"}).status_code == 201
        assert api.patch("webhook-routes/to-crm/", {"input": {"account": 1}}).status_code == 403
        assert api.delete("webhook-routes/to-crm/").status_code == 403
        assert owner.patch("webhook-routes/to-crm/", {"agent": None}).json()["agent"] == "route-to-crm"

    def test_a_disabled_agent_serves_no_route(self, api: Api, acme: Tenant, scout: Agent) -> None:
        make_agent(acme, "idle", Role.OPERATOR)
        with within(acme.id):
            Agent.objects.filter(slug="idle").update(enabled=False)
        [fault] = api.post("webhook-routes/", {**ROUTE, "agent": "idle"}).json()["errors"]
        assert fault["message"] == "The agent `idle` is disabled. Enable it, or name another one."

    def test_it_hands_events_to_an_agent(self, api: Api) -> None:
        made = api.post("webhook-routes/", {"slug": "to-scout", "target": "agent", "agent": "scout"})
        assert (made.status_code, made.json()["agent"], made.json()["tool"]) == (201, "scout", "")
        [fault] = api.patch("webhook-routes/to-scout/", {"agent": None}).json()["errors"]
        assert fault["path"] == "$.agent"


class TestChanging:
    def test_what_is_the_same_is_no_change(self, api: Api, acme: Tenant) -> None:
        api.post("webhook-routes/", ROUTE)
        assert api.patch("webhook-routes/to-crm/", {"tool": "crm-find", "agent": "route-to-crm"}).status_code == 200
        assert api.patch("webhook-routes/to-crm/", {"enabled": False, "order": 5}).status_code == 200
        with within(acme.id):
            [told] = AuditEntry.objects.filter(action="webhook_route.changed")
        assert told.detail == {"slug": "to-crm", "fields": ["enabled", "order"]}

    def test_a_fault_changes_nothing(self, api: Api) -> None:
        api.post("webhook-routes/", ROUTE)
        assert api.patch("webhook-routes/to-crm/", {"order": 5, "tool": "nobody"}).status_code == 422
        assert api.get("webhook-routes/to-crm/").json()["order"] == 100

    def test_removing_one_cancels_what_waits_on_it(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        api.post("webhook-routes/", ROUTE)
        event = make_event(billing)
        with within(acme.id):
            route = WebhookRoute.objects.get()
            facts = {"tenant": acme, "event": event, "route": route, "agent": route.agent}
            WebhookRun.objects.create(status="succeeded", **facts)
            WebhookRun.objects.create(status="waiting", replay_id=event.id, **facts)
        api.delete("webhook-routes/to-crm/")
        with within(acme.id):
            assert sorted(WebhookRun.objects.values_list("status", flat=True)) == ["cancelled", "succeeded"]
            assert AuditEntry.objects.get(action="webhook_route.removed").detail == {"slug": "to-crm", "cancelled": 1}


class TestPreview:
    DRAFT = {"tool": "crm-find", "input": {"account": "{{ body.data.amount }}", "email": "{{ body.email }}"}}

    def test_it_shows_what_a_route_would_make_of_an_event(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        event = make_event(billing, {"data": {"amount": 7}, "email": "ada@acme.example"})
        told = api.post("webhook-routes/preview/", {"route": self.DRAFT, "event": str(event.id)})
        assert told.status_code == 200
        preview = told.json()
        call = preview.pop("call")
        assert preview == {
            "matched": True,
            "reason": "It takes every event.",
            "input": {"account": 7, "email": "[redacted:email]"},
            "errors": [],
            "end_user": "",
            "order_key": "",
        }
        assert (call["tool"], call["agent"], call["decision"], call["input"]) == (
            "crm-find",
            "route-draft",
            "allow",
            {"valid": True, "errors": []},
        )
        with within(acme.id):
            assert not WebhookRoute.objects.exists()
            assert not WebhookRun.objects.exists()
            assert not Agent.objects.filter(slug="route-draft").exists()

    def test_it_shows_one_that_is_there(self, api: Api, billing: WebhookSource) -> None:
        facts = {"event_types": ["customer.*"], "end_user": "id", "ordered_by": "body.data.customer"}
        api.post("webhook-routes/", {**ROUTE, "agent": "scout", **facts})
        event = make_event(billing)
        told = api.post("webhook-routes/preview/", {"route": "to-crm", "event": str(event.id)}).json()
        assert (told["matched"], told["reason"]) == (False, "It is for the type `customer.*`.")
        assert (told["end_user"], told["order_key"], told["call"]["agent"]) == ("evt_1", "cus_7", "scout")

    def test_it_says_where_the_event_does_not_suit(self, api: Api, billing: WebhookSource) -> None:
        event = make_event(billing, b"text", headers=(("Content-Type", "text/plain"),))
        told = api.post("webhook-routes/preview/", {"route": {"tool": "crm-find"}, "event": str(event.id)}).json()
        assert (told["input"], told["call"], told["errors"][0]["path"]) == (None, None, "$.input")

    def test_it_says_what_the_tool_would_not_take(self, api: Api, billing: WebhookSource) -> None:
        event = make_event(billing)
        told = api.post("webhook-routes/preview/", {"route": {"tool": "crm-find"}, "event": str(event.id)}).json()
        assert told["call"]["input"]["valid"] is False
        assert told["call"]["problem"]["code"] == "invalid_input"

    def test_it_says_that_the_agent_is_disabled(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        api.post("webhook-routes/", ROUTE)
        with within(acme.id):
            Agent.objects.filter(slug="route-to-crm").update(enabled=False)
        event = make_event(billing)
        told = api.post("webhook-routes/preview/", {"route": "to-crm", "event": str(event.id)}).json()
        assert told["errors"][0]["path"] == "$.agent"

    def test_it_says_nothing_of_a_call_where_an_agent_fetches(self, api: Api, billing: WebhookSource) -> None:
        route = {"target": "agent", "agent": "scout"}
        told = api.post("webhook-routes/preview/", {"route": route, "event": str(make_event(billing).id)}).json()
        assert (told["call"], told["input"]["id"]) == (None, "evt_1")

    @pytest.mark.parametrize(
        ("route", "path"),
        [
            ({"tool": "nobody"}, "$.route.tool"),
            ({"tool": "crm-find", "input": {"a": "{{ x. }}"}}, "$.route.input.a"),
            ({"tool": "crm-find", "agent": "nobody"}, "$.route.agent"),
            ({"tool": 5}, "$.route.tool"),
            ({"tul": "crm-find"}, "$.route.tul"),
            (5, "$.route"),
        ],
    )
    def test_it_says_what_is_wrong_with_the_route(
        self, api: Api, billing: WebhookSource, route: Any, path: str
    ) -> None:
        told = api.post("webhook-routes/preview/", {"route": route, "event": str(make_event(billing).id)})
        assert told.status_code == 422
        assert path in [fault["path"] for fault in told.json()["errors"]]

    def test_it_finds_no_event_of_another_tenant(self, api: Api, globex: Tenant) -> None:
        event = make_event(make_source(globex))
        told = api.post("webhook-routes/preview/", {"route": self.DRAFT, "event": str(event.id)})
        assert told.status_code == 404

    def test_no_route_sees_a_handshake(self, api: Api, billing: WebhookSource) -> None:
        event = make_event(billing, headers=(("X-Hook-Secret", "s3cret"),), status="challenge", routing="")
        asked = {**self.DRAFT, "conditions": [{"path": '$.headers["x-hook-secret"]', "op": "eq", "value": "s3cret"}]}
        told = api.post("webhook-routes/preview/", {"route": asked, "event": str(event.id)})
        assert (told.status_code, told.json()["code"]) == (409, "conflict")

    def test_no_route_sees_what_was_refused(self, api: Api, billing: WebhookSource) -> None:
        event = make_event(billing, status="rejected", reason="signature_mismatch", routing="")
        told = api.post("webhook-routes/preview/", {"route": self.DRAFT, "event": str(event.id)})
        assert (told.status_code, told.json()["code"]) == (409, "conflict")
        assert told.json()["detail"] == (
            "This was refused when it came (`signature_mismatch`), and no route ever sees it. "
            "Choose an event that was accepted."
        )

    def test_what_was_removed_cannot_be_shown(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        event = make_event(billing)
        with within(acme.id):
            WebhookEvent.objects.update(sealed_head=None, sealed_body=None)
        told = api.post("webhook-routes/preview/", {"route": self.DRAFT, "event": str(event.id)})
        assert (told.status_code, told.json()["code"]) == (409, "conflict")
