"""Who is next among those that wait for a worker."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.models import Execution
from registry.models.execution import Status, WaitsFor
from registry.turns import next_in_turn
from tests.servers import Servers

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=1)


def waiting(tenant: Tenant, count: int = 1, *, due_at: datetime | None = None, **facts: Any) -> list[Execution]:
    usual: dict[str, Any] = {"status": Status.PENDING, "waits_for": WaitsFor.WORKER, "started_at": LONG_AGO}
    rows = [Execution(tenant=tenant, tool_slug="crm-find", due_at=due_at, **usual | facts) for _ in range(count)]
    with within(tenant.id):
        return Execution.objects.bulk_create(rows)


def named(rows: list[Execution]) -> list[tuple[Any, Any]]:
    return [(row.tenant_id, row.id) for row in rows]


def test_the_tenants_take_turns(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = waiting(acme, 5), waiting(globex, 2)
    first, second = sorted((ours, theirs), key=lambda rows: rows[0].tenant_id)
    assert next_in_turn(5) == named([first[0], second[0], first[1], second[1], ours[2]])


def test_the_turn_begins_behind_who_was_served_last(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = waiting(acme, 5), waiting(globex, 5)
    assert next_in_turn(1, after=acme.id) == named(theirs[:1])
    assert next_in_turn(1, after=globex.id) == named(ours[:1])


def test_the_one_that_is_due_longest_comes_first(acme: Tenant) -> None:
    now = timezone.now()
    [later] = waiting(acme, due_at=now - timedelta(minutes=1))
    [sooner] = waiting(acme, due_at=now - timedelta(hours=1))
    [since_it_came] = waiting(acme, started_at=now - timedelta(hours=2))
    assert next_in_turn(9) == named([since_it_came, sooner, later])


def test_what_is_not_due_for_a_worker_has_no_turn(acme: Tenant) -> None:
    waiting(acme, due_at=timezone.now() + timedelta(minutes=1))
    waiting(acme, waits_for=WaitsFor.APPROVAL)
    waiting(acme, status=Status.RUNNING)
    assert next_in_turn(9) == []


def scanned(plan: dict[str, Any]) -> Iterator[int]:
    """Rows that the scans of a plan touched."""
    if plan["Node Type"].endswith("Scan") and "Relation Name" in plan:
        yield round((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])
    for part in plan.get("Plans", ()):
        yield from scanned(part)


@pytest.mark.django_db(transaction=True)
def test_a_backlog_is_not_read_to_find_who_is_next(acme: Tenant, globex: Tenant, servers: Servers) -> None:
    waiting(acme, 3000)
    waiting(globex, 3000)
    with servers.connect_as_superuser() as database:
        # The planner goes by what was last counted. Of a table as small as this it would rather read all than ten.
        database.execute("ANALYZE registry_execution")
    plans: list[Any] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "RECURSIVE" in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            [(plan,)] = context["cursor"].fetchall()
            plans.append(plan if isinstance(plan, list) else json.loads(plan))
        return execute(sql, params, many, context)

    with platform(), connection.execute_wrapper(explain):
        assert len(next_in_turn(2)) == 2
    [[explained]] = plans
    assert sum(scanned(explained["Plan"])) <= 2 + 2 * 2
