"""Counters over time, counted from the rows."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts.ids import first_id_at
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from tests.servers import Servers
from tests.webhooks.queue.rows import make_route, make_runs
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import run_on
from webhooks import counters
from webhooks.counters import DAY, WINDOWS, Series, event_counts, run_counts, time_to_effect, together
from webhooks.models import WebhookEvent, WebhookRun, WebhookSource
from webhooks.models.event import EventStatus
from webhooks.models.queued import QueueStatus

pytestmark = pytest.mark.django_db

HOUR = WINDOWS["hour"]
INDEXES = ("webhook_event_by_source", "webhook_run_by_route", "webhook_event_floods")


def came(source: WebhookSource, at: datetime, number: int = 0, **facts: Any) -> WebhookEvent:
    id_ = first_id_at(at)
    return make_event(source, id=type(id_)(int=id_.int + (7 << 76) + (2 << 62) + number), received_at=at, **facts)


class TestWindows:
    def test_it_ends_with_the_step_that_is_running(self) -> None:
        noon = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
        assert DAY.since(noon) == datetime(2026, 11, 19, 12, 30, tzinfo=UTC)
        assert DAY.place(int(noon.timestamp() * 1000), noon) == DAY.steps - 1

    def test_its_first_step_is_whole(self) -> None:
        noon = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
        first = int(DAY.since(noon).timestamp() * 1000)
        assert (DAY.place(first, noon), DAY.place(first - 1, noon)) == (0, -1)

    def test_series_are_added_step_by_step(self) -> None:
        one, two = Series(({"accepted": 2},) * 60), Series(({"accepted": 1, "rejected": 3},) * 60, is_whole=False)
        both = together([one, two], HOUR)
        assert (both.steps[0], both.is_whole) == ({"accepted": 3, "rejected": 3}, False)
        assert both.total == {"accepted": 180, "rejected": 180}


class TestEvents:
    def test_it_counts_each_source_by_status_and_minute(self, acme: Tenant) -> None:
        now = timezone.now()
        billing, repo = make_source(acme), make_source(acme, "repo")
        came(billing, now - timedelta(minutes=3))
        came(billing, now - timedelta(minutes=3), 1, status=EventStatus.DUPLICATE, routing="")
        came(billing, now)
        came(repo, now, 2, status=EventStatus.REJECTED, routing="")
        with within(acme.id):
            counted = event_counts(acme.id, [billing.id, repo.id], HOUR, now)
        assert counted[billing.id].steps[-4:] == ({"accepted": 1, "duplicate": 1}, {}, {}, {"accepted": 1})
        assert counted[repo.id].total == {"rejected": 1}

    def test_a_row_that_stands_for_many_counts_as_many(self, acme: Tenant) -> None:
        source, now = make_source(acme), timezone.now()
        came(source, now, status=EventStatus.REJECTED, routing="", count=140)
        with within(acme.id):
            assert event_counts(acme.id, [source.id], HOUR, now)[source.id].total == {"rejected": 140}

    def test_it_leaves_out_what_is_older_and_what_is_anothers(self, acme: Tenant, globex: Tenant) -> None:
        now = timezone.now()
        ours, theirs = make_source(acme), make_source(globex)
        came(ours, now - timedelta(hours=2))
        came(theirs, now)
        with within(acme.id):
            counted = event_counts(acme.id, [ours.id, theirs.id], HOUR, now)
        assert (counted[ours.id].total, counted[theirs.id].total) == ({}, {})

    def test_it_ends_after_so_many_and_says_so(self, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(counters, "MOST_COUNTED", 2)
        source, now = make_source(acme), timezone.now()
        for number in range(3):
            came(source, now, number)
        with within(acme.id):
            series = event_counts(acme.id, [source.id], HOUR, now)[source.id]
        assert (series.total, series.is_whole) == ({"accepted": 2}, False)

    def test_it_is_kept_for_a_moment(self, acme: Tenant) -> None:
        source, now = make_source(acme), timezone.now()
        with within(acme.id):
            assert event_counts(acme.id, [source.id], HOUR, now)[source.id].total == {}
            came(source, now)
            assert event_counts(acme.id, [source.id], HOUR, now)[source.id].total == {}


class TestRuns:
    def test_it_counts_each_route_by_what_its_runs_are_now(self, acme: Tenant, scout: Agent) -> None:
        route = make_route(scout)
        make_runs(route, 2, status=QueueStatus.SUCCEEDED)
        make_runs(route, 1, status=QueueStatus.DEAD)
        with within(acme.id):
            total = run_counts(acme.id, [route.id], HOUR, timezone.now())[route.id].total
        assert total == {"succeeded": 2, "dead": 1}

    def test_it_says_how_long_it_took_from_receipt_to_effect(self, acme: Tenant, scout: Agent) -> None:
        now = timezone.now()
        event = came(make_source(acme), now - timedelta(seconds=10))
        route = make_route(scout)
        make_runs(route, status=QueueStatus.DEAD, finished_at=now)
        succeeded = run_on(route, event)
        with within(acme.id):
            ended = {"status": QueueStatus.SUCCEEDED, "finished_at": now - timedelta(seconds=8)}
            WebhookRun.objects.filter(id=succeeded.id).update(**ended)
            effect = time_to_effect(acme.id, HOUR, now)
        assert effect is not None
        assert (round(effect.p50_ms, -1), round(effect.p95_ms, -1)) == (2000, 2000)

    def test_it_says_nothing_where_nothing_had_an_effect(self, acme: Tenant) -> None:
        with within(acme.id):
            assert time_to_effect(acme.id, HOUR, timezone.now()) is None


def plan(query: str, asked: Mapping[str, Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", asked)
        return json.dumps(cursor.fetchone()[0])


def vacuum(servers: Servers, table: str) -> None:
    """Until nearly all of it is visible to all: a snapshot that is held meanwhile, by autovacuum say, delays that."""
    is_visible = "SELECT relallvisible >= 0.9 * relpages FROM pg_class WHERE oid = %s::regclass"
    with servers.connect_as_superuser() as database:
        for _ in range(100):
            database.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
            if database.execute(is_visible, [table]).fetchone() == (True,):
                return
            time.sleep(0.1)
    pytest.fail(f"Somebody holds a snapshot that is older than the rows of {table}.")


@pytest.mark.django_db(transaction=True)
def test_it_reads_a_range_of_one_index(acme: Tenant, scout: Agent, globex: Tenant, servers: Servers) -> None:
    now, sources = timezone.now(), [make_source(acme, f"source-{n}") for n in range(20)]
    routes = [make_route(scout, f"route-{n}") for n in range(20)]
    facts = {"received_at": now, "status": EventStatus.ACCEPTED, "method": "POST", "payload": {"a": "long" * 100}}
    for n, source in enumerate(sources):
        with within(acme.id):
            WebhookEvent.objects.bulk_create(WebhookEvent(tenant=acme, source=source, **facts) for _ in range(100))
        make_runs(routes[n], 100, status=QueueStatus.SUCCEEDED)
    for table in ("webhooks_webhookevent", "webhooks_webhookrun"):
        vacuum(servers, table)
    with within(acme.id):
        asked = counters._asked(acme.id, [sources[0].id], DAY, now) | {"sampled": counters.SAMPLED}
        plans = {query: plan(query, asked) for query in (counters._EVENTS, counters._RUNS, counters._FLOODS)}
    for found, index in zip(plans.values(), INDEXES, strict=True):
        assert f'"Index Name": "{index}"' in found
        assert '"Node Type": "Index Only Scan"' in found
