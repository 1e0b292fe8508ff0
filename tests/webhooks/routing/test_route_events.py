"""Routing a stored event: what is written with it, and the runs that come of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.ids import id_beside, new_id
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.errors import VaultLocked
from integrations.vault import Opener
from tests.registry.test_turns import scanned
from tests.webhooks.rows import make_event, make_source, route_next
from webhooks.events.raw import Raw, open_raw
from webhooks.models import WebhookEvent, WebhookRoute, WebhookRun, WebhookSource
from webhooks.models.event import Routing
from webhooks.routing import route_events as module
from webhooks.routing import waiting
from webhooks.routing.failing import DETAIL, MOST_FAILURES
from webhooks.routing.fill import fill_run
from webhooks.routing.route_events import LARGEST_PAYLOAD_BYTES, Routed, route_events
from webhooks.routing.waiting import next_to_route
from webhooks.sources.state import release

pytestmark = pytest.mark.django_db

Route = Callable[..., WebhookRoute]


@pytest.fixture
def billing(acme: Tenant) -> WebhookSource:
    return make_source(acme)


@pytest.fixture
def route(acme: Tenant, scout: Agent) -> Route:
    def make(slug: str = "to-crm", **facts: Any) -> WebhookRoute:
        with within(acme.id):
            return WebhookRoute.objects.create(tenant=acme, slug=slug, agent=scout, tool="crm-find", **facts)

    return make


def fresh(event: WebhookEvent) -> WebhookEvent:
    with within(event.tenant_id):
        return WebhookEvent.objects.get(id=event.id)


def runs(event: WebhookEvent) -> list[WebhookRun]:
    with within(event.tenant_id):
        return list(WebhookRun.objects.filter(event=event).select_related("route", "event").order_by("id"))


def route_event(tenant_id: UUID, event_id: UUID) -> list[UUID]:
    """The runs that were made."""
    return list(route_events(tenant_id, [event_id]).runs)


def test_it_makes_a_run_for_each_route_that_matches(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    taken = route("takes", source=billing, schedule=[60], ordered_by="body.data.customer")
    route("not", event_types=["customer.*"])
    route("later", order=200, goes_on=False)
    route("last", order=300)
    event = make_event(billing)
    made = route_event(acme.id, event.id)
    first, second = runs(event)
    assert made == [first.id, second.id]
    assert [first.route.slug, second.route.slug] == ["takes", "later"]
    assert (first.agent_id, first.target, first.status, first.order_key) == (taken.agent_id, "tool", "waiting", "cus_7")
    assert first.due_at is not None
    assert timedelta(seconds=40) < first.due_at - timezone.now() < timedelta(seconds=80)
    told = fresh(event)
    assert (told.routing, told.routed_at is not None) == (Routing.ROUTED, True)
    assert [(each["slug"], each["matched"]) for each in told.matches] == [
        ("takes", True),
        ("not", False),
        ("later", True),
        ("last", False),
    ]


def test_a_run_for_an_agent_waits_for_it(acme: Tenant, billing: WebhookSource, route: Route, scout: Agent) -> None:
    route("to-scout", target="agent")
    event = make_event(billing)
    route_event(acme.id, event.id)
    [run] = runs(event)
    assert (run.target, run.agent_id, run.status) == ("agent", scout.id, "waiting")


def test_it_says_that_no_route_matched(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    route(enabled=False)
    event = make_event(billing)
    assert route_event(acme.id, event.id) == []
    told = fresh(event)
    assert (told.routing, told.matches[0]["reason"]) == (Routing.UNROUTED, "It is disabled.")


def test_it_looks_at_no_route_of_another_source_or_tenant_or_that_was_removed(
    acme: Tenant, globex: Tenant, spy: Agent, billing: WebhookSource, route: Route
) -> None:
    route("elsewhere", source=make_source(acme, "shop"))
    route("gone", deleted_at=timezone.now())
    with within(globex.id):
        WebhookRoute.objects.create(tenant=globex, slug="theirs", agent=spy, tool="crm-find")
    event = make_event(billing)
    assert route_event(acme.id, event.id) == []
    assert fresh(event).matches == []


def test_it_keeps_the_body_masked_to_be_shown(acme: Tenant, billing: WebhookSource) -> None:
    event = make_event(billing, {"email": "ada@acme.example", "token": "t-1", "amount": 5})
    route_event(acme.id, event.id)
    assert fresh(event).payload == {"email": "[redacted:email]", "token": "[redacted:field]", "amount": 5}


def test_it_keeps_nothing_of_a_large_body(acme: Tenant, billing: WebhookSource) -> None:
    event = make_event(billing, {"text": "x" * LARGEST_PAYLOAD_BYTES})
    route_event(acme.id, event.id)
    assert fresh(event).payload is None


def test_it_routes_an_event_once(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    route()
    event = make_event(billing)
    assert len(route_event(acme.id, event.id)) == 1
    assert route_event(acme.id, event.id) == []
    assert len(runs(event)) == 1


@pytest.mark.parametrize("facts", [{"routing": Routing.HELD}, {"routing": "", "status": "rejected"}])
def test_it_leaves_alone_what_does_not_wait(
    acme: Tenant, billing: WebhookSource, route: Route, facts: dict[str, Any]
) -> None:
    route()
    event = make_event(billing, **facts)
    assert route_event(acme.id, event.id) == []
    assert (fresh(event).routed_at, runs(event)) == (None, [])


def test_it_routes_nothing_of_another_tenant(globex: Tenant, billing: WebhookSource, route: Route) -> None:
    route()
    event = make_event(billing)
    assert route_event(globex.id, event.id) == []
    assert fresh(event).routing == Routing.WAITING


def test_what_does_not_open_is_written_off(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    route()
    event = make_event(billing)
    with within(acme.id):
        WebhookEvent.objects.filter(id=event.id).update(sealed_head=b"something else")
    assert route_event(acme.id, event.id) == []
    told = fresh(event)
    assert (told.routing, told.detail[:35]) == (Routing.UNROUTED, "A sealed value cannot be opened: it")


def test_the_runs_input_is_filled_by_the_route_as_it_stands(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    made = route(input={"account": "{{ body.data.amount }}"})
    event = make_event(billing)
    route_event(acme.id, event.id)
    with within(acme.id):
        WebhookRoute.objects.filter(id=made.id).update(input={"id": "{{ id }}", "try": "{{ query.attempt }}"})
        [run] = WebhookRun.objects.all()
        assert fill_run(run).input == {"id": "evt_1", "try": "2"}


def test_the_document_says_that_it_is_a_replay(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    route(input={"replay": "{{ replay }}", "headers": "{{ headers }}", "event": "{{ event }}"})
    event = make_event(billing)
    route_event(acme.id, event.id)
    [run] = runs(event)
    with within(acme.id):
        assert fill_run(run).input["replay"] is False
        run.replay_id = UUID(int=1)
        assert fill_run(run).input == {
            "replay": True,
            "headers": {"content-type": "application/json"},
            "event": str(event.id),
        }


def test_where_an_order_is_kept_the_earlier_event_goes_first(
    acme: Tenant, billing: WebhookSource, route: Route
) -> None:
    route(ordered_by="body.data.customer")
    first, second, third = (make_event(billing) for _ in range(3))
    assert route_event(acme.id, second.id) == []
    assert (fresh(second).routing, fresh(second).matches, runs(second)) == (Routing.WAITING, [], [])
    assert len(route_next().runs) == 3
    ids = [run.id for event in (first, second, third) for run in runs(event)]
    assert ids == sorted(ids)


def test_where_an_order_is_kept_what_was_held_goes_first(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    """A source that was resumed releases what was held little by little, while more comes in."""
    route(ordered_by="body.data.customer")
    held, later = make_event(billing, routing=Routing.HELD), make_event(billing)
    assert route_event(acme.id, later.id) == []
    with within(acme.id):
        release(billing)
    assert len(route_next().runs) == 2
    assert [runs(held)[0].id, runs(later)[0].id] == sorted([runs(held)[0].id, runs(later)[0].id])


def test_an_ordered_run_sorts_where_its_event_does(acme: Tenant, billing: WebhookSource, route: Route) -> None:
    route(ordered_by="body.data.customer")
    event, later = make_event(billing), new_id()
    route_event(acme.id, event.id)
    [run] = runs(event)
    assert run.id < later
    assert run.id.version == 7


def test_ordered_runs_keep_the_order_of_events_of_one_moment() -> None:
    events = [new_id() for _ in range(50)]
    runs = [id_beside(event) for event in reversed(events)]
    assert sorted(runs) == runs[::-1]


class TestWhatWaits:
    def test_the_tenants_take_turns(self, acme: Tenant, globex: Tenant, billing: WebhookSource) -> None:
        theirs = make_source(globex)
        ours = [make_event(billing), make_event(billing)]
        other = make_event(theirs)
        make_event(theirs, routing=Routing.ROUTED)
        assert next_to_route() == [(globex.id, [other.id]), (acme.id, [ours[0].id, ours[1].id])]
        assert next_to_route(without=[ours[0].id, other.id]) == [(acme.id, [ours[1].id])]

    def test_of_many_each_tenants_first_comes_before_anybodys_second(
        self, acme: Tenant, globex: Tenant, billing: WebhookSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting, "AT_ONCE", 3)
        ours, theirs = [make_event(billing) for _ in range(5)], make_event(make_source(globex))
        assert next_to_route() == [(globex.id, [theirs.id]), (acme.id, [ours[0].id, ours[1].id])]

    def test_it_routes_those_who_come_next(
        self, acme: Tenant, billing: WebhookSource, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        route()
        monkeypatch.setattr(waiting, "AT_ONCE", 2)
        events = [make_event(billing) for _ in range(3)]
        ids = [event.id for event in events]
        assert [route_next().events for _ in range(3)] == [frozenset(ids[:2]), frozenset(ids[2:]), frozenset()]
        assert {fresh(event).routing for event in events} == {Routing.ROUTED}

    def test_those_of_one_tenant_cost_ten_statements(
        self, acme: Tenant, billing: WebhookSource, route: Route, django_assert_num_queries: Any
    ) -> None:
        """Savepoint, scope, events, routes, the vault's key, the source's secrets, runs, what was found, scope, end."""
        route()
        events = [make_event(billing).id for _ in range(5)]
        with django_assert_num_queries(10):
            assert len(route_events(acme.id, events).runs) == 5

    def test_a_vault_that_is_locked_for_one_tenant_keeps_no_other_waiting(
        self,
        acme: Tenant,
        globex: Tenant,
        billing: WebhookSource,
        route: Route,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The master key that has wrapped its data key may be one that is not there now."""
        route()
        ours, theirs = [make_event(billing), make_event(billing)], make_event(make_source(globex))

        def locked(event: WebhookEvent, opener: Opener) -> Raw:
            if event.tenant_id == acme.id:
                raise VaultLocked
            return open_raw(event, opener)

        monkeypatch.setattr(module, "open_raw", locked)
        assert route_next() == Routed(frozenset({theirs.id}))
        assert [(fresh(event).routing, fresh(event).routing_failures) for event in ours] == [(Routing.WAITING, 0)] * 2
        assert "Events cannot be routed now: VaultLocked" in caplog.text

    def test_a_backlog_is_not_read_to_find_whose_turn_it_is(self, billing: WebhookSource) -> None:
        """Other sources of the tenant may have one."""
        [first, *_] = [make_event(billing) for _ in range(3)]
        other = make_source(billing.tenant, "other")
        facts = {"tenant_id": other.tenant_id, "source": other, "received_at": timezone.now(), "method": "POST"}
        plans: list[Any] = []

        def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            [(plan,)] = context["cursor"].fetchall()
            plans.append((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])
            return execute(sql, params, many, context)

        with within(other.tenant_id):
            WebhookEvent.objects.bulk_create(
                WebhookEvent(status="accepted", routing="waiting", **facts) for _ in range(500)
            )
            last = WebhookEvent.objects.filter(source=billing).first()
            assert last is not None
            with connection.execute_wrapper(explain):
                assert module._has_to_wait(last, [])
        assert last.id != first.id
        assert sum(sum(scanned(plan)) for plan in plans) < 10

    def test_a_backlog_is_not_read_to_find_who_is_next(
        self, acme: Tenant, globex: Tenant, billing: WebhookSource
    ) -> None:
        for source in (billing, make_source(globex)):
            facts = {"tenant_id": source.tenant_id, "source": source, "received_at": timezone.now(), "method": "POST"}
            with within(source.tenant_id):
                WebhookEvent.objects.bulk_create(
                    WebhookEvent(status="accepted", routing="waiting", **facts) for _ in range(500)
                )
        with platform(), connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {waiting._NEXT}", {"most": 5, "without": []})
            [(plan,)] = cursor.fetchall()
        assert sum(scanned(plan[0]["Plan"])) < 50

    def test_one_that_fails_holds_up_no_other(
        self, acme: Tenant, billing: WebhookSource, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        route()
        bad, good = make_event(billing), make_event(billing)

        def open_but(event: WebhookEvent, opener: Opener) -> Raw:
            if event.id == bad.id:
                raise RuntimeError
            return open_raw(event, opener)

        monkeypatch.setattr(module, "open_raw", open_but)
        assert route_next().events == {good.id}
        assert route_next(without=[bad.id]) == Routed()
        assert [fresh(bad).routing, fresh(good).routing] == [Routing.WAITING, Routing.ROUTED]

    def test_one_that_always_fails_is_written_off_and_those_behind_it_are_routed(
        self, acme: Tenant, billing: WebhookSource, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They keep an order, and would wait for it for ever."""
        route(ordered_by="body.data.customer")
        bad, behind = make_event(billing), make_event(billing)

        def open_but(event: WebhookEvent, opener: Opener) -> Raw:
            if event.id == bad.id:
                raise RuntimeError
            return open_raw(event, opener)

        monkeypatch.setattr(module, "open_raw", open_but)
        assert [len(route_next().runs) for _ in range(MOST_FAILURES)] == [0] * (MOST_FAILURES - 1) + [1]
        written_off = fresh(bad)
        assert (written_off.routing, written_off.detail) == (Routing.UNROUTED, DETAIL)
        assert fresh(behind).routing == Routing.ROUTED
        with within(acme.id):
            entry = AuditEntry.objects.get(action="webhook_event.written_off")
        assert (entry.subject, entry.detail) == (f"webhook_event:{bad.id}", {"failures": 20, "error": "RuntimeError"})

    def test_one_is_not_written_off_because_postgresql_was_away(
        self, billing: WebhookSource, route: Route, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        route()
        event = make_event(billing)

        def away(event: WebhookEvent, opener: Opener) -> Raw:
            raise OperationalError

        monkeypatch.setattr(module, "open_raw", away)
        for _ in range(MOST_FAILURES):
            route_next()
        assert (fresh(event).routing, fresh(event).routing_failures) == (Routing.WAITING, 0)
