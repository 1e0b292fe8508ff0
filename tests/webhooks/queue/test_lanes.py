"""Which lanes have something due."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from tests.servers import Servers
from tests.webhooks.queue.rows import LONG_AGO, make_route, make_runs
from tests.webhooks.telling.subscribers import subscribed
from webhooks.models import WebhookDelivery
from webhooks.queue.claim import LOOKED_THROUGH, claim
from webhooks.queue.kinds import DELIVERIES, RUNS, Kind
from webhooks.queue.lanes import FIRST, Lane, due_lanes
from webhooks.queue.shares import share

pytestmark = pytest.mark.django_db


def due(most: int = 50, after: Any = FIRST) -> list[Lane]:
    with platform():
        return due_lanes(RUNS, after=after, most=most)


def test_it_tells_how_many_may_run_and_do(scout: Agent) -> None:
    route = make_route(scout, concurrency=3)
    make_runs(route, 7)
    make_runs(route, status="running")
    assert due() == [Lane(scout.tenant_id, route.id, running=1, due=2)]


def test_one_with_nothing_due_is_none(scout: Agent) -> None:
    make_runs(make_route(scout, "later"), due_at=timezone.now() + timedelta(minutes=1))
    make_runs(make_route(scout, "behind-another"), due_at=None)
    make_runs(make_route(scout, "ended"), status="succeeded")
    make_runs(make_route(scout, "for-agents"), target="agent")
    assert due() == []


def test_one_that_is_full_is_none(scout: Agent) -> None:
    route = make_route(scout, concurrency=1)
    make_runs(route, 2)
    make_runs(route, status="running")
    assert due() == []


@pytest.mark.parametrize("facts", [{"enabled": False}, {"deleted_at": timezone.now()}])
def test_one_that_is_switched_off_is_none(facts: dict[str, Any], scout: Agent) -> None:
    make_runs(make_route(scout, **facts))
    assert due() == []


def test_it_goes_once_around_from_behind_a_place(scout: Agent, spy: Agent) -> None:
    routes = [make_route(scout, "first"), make_route(scout, "second"), make_route(spy, "other")]
    for route in routes:
        make_runs(route, 2)
    places = sorted((route.tenant_id, route.id) for route in routes)
    assert [lane.place for lane in due()] == places
    assert [lane.place for lane in due(after=places[0])] == [*places[1:], places[0]]
    assert [lane.place for lane in due(after=places[0], most=1)] == [places[1]]
    assert [lane.place for lane in due(after=places[2], most=2)] == places[:2]


def scanned(plan: dict[str, Any], table: str) -> Iterator[int]:
    """Rows that the scans of a plan touched."""
    if plan["Node Type"].endswith("Scan") and plan.get("Relation Name") == table:
        yield round((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])
    for part in plan.get("Plans", ()):
        yield from scanned(part, table)


@pytest.mark.django_db(transaction=True)
class TestABacklogIsNotRead:
    """The planner goes by what was last counted, which the serving role may not do."""

    def test_to_take_from_it(self, scout: Agent, spy: Agent, servers: Servers) -> None:
        for agent in (scout, spy):
            make_runs(make_route(agent, concurrency=5), 3000)
        looking, taking = claim_explained(RUNS, servers)
        assert looking <= 2 + 2 * 5 + 2
        assert taking <= 4 * 10

    def test_to_find_who_goes_first_of_an_order_key(self, scout: Agent, servers: Servers) -> None:
        make_runs(make_route(scout, ordered_by="body.id", concurrency=1), 3000, order_key="a")
        _, taking = claim_explained(RUNS, servers)
        assert taking <= 5 * LOOKED_THROUGH

    def test_to_take_deliveries_from_it(self, acme: Tenant, servers: Servers) -> None:
        ops = subscribed(acme).subscription
        facts = {
            "tenant": acme,
            "subscription": ops,
            "event_type": "execution.failed",
            "payload": {"filler": "x" * 200},
        }
        with within(acme.id):
            WebhookDelivery.objects.bulk_create(
                WebhookDelivery(sequence=number, due_at=LONG_AGO, **facts) for number in range(3000)
            )
        looking, taking = claim_explained(DELIVERIES, servers)
        assert looking <= 1 + 5 + 1
        assert taking <= 4 * 5


def claim_explained(kind: Kind, servers: Servers) -> list[int]:
    """Rows of the table that looking for lanes and taking from them touched."""
    with servers.connect_as_superuser() as database:
        database.execute(f"ANALYZE {kind.table}")
    plans: list[Any] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "WITH" not in sql:
            return execute(sql, params, many, context)
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        [(plan,)] = context["cursor"].fetchall()
        plans.append((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])
        return execute(sql, params, many, context)

    with platform(), connection.execute_wrapper(explain):
        claim(kind, share(due_lanes(kind, after=FIRST, most=50), free=50, held={}))
    return [sum(scanned(plan, kind.table)) for plan in plans]
