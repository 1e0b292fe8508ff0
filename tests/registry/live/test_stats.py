from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from registry.live.stats import SAMPLED, Latency, Numbers, fresh_numbers, numbers
from registry.models import Tool, ToolHealth
from tests.registry.live.rows import fill, ran

NO_TOOLS = {"unknown": 0, "healthy": 0, "stale": 0, "failing": 0}


def numbers_of(tenant: Tenant) -> Numbers:
    with within(tenant.id):
        return fresh_numbers(tenant.id)


def make_tool(tenant: Tenant, slug: str, health: str | None = None, **more: Any) -> Tool:
    with within(tenant.id):
        tool = Tool.objects.create(tenant=tenant, slug=slug, name=slug, **more)
        if health:
            ToolHealth.objects.update_or_create(tool=tool, defaults={"tenant": tenant, "status": health})
    return tool


class TestNumbers:
    def test_they_are_empty_for_a_new_tenant(self, acme: Tenant) -> None:
        found = numbers_of(acme)
        assert (found.calls_last_minute, found.error_rate, found.total) == (0, None, None)
        assert (found.latencies, found.tools) == ({}, NO_TOOLS)

    def test_they_count_the_last_whole_minute(self, acme: Tenant) -> None:
        now = timezone.now()
        ran(acme, now - timedelta(minutes=1))
        ran(acme, now)
        assert numbers_of(acme).calls_last_minute == 1

    def test_the_error_rate_is_of_the_calls_that_reached_their_tool(self, acme: Tenant) -> None:
        now = timezone.now()
        for status in ("succeeded", "succeeded", "succeeded", "failed", "refused", "running"):
            ran(acme, now - timedelta(minutes=2), status)
        ran(acme, now - timedelta(minutes=20), "failed")
        assert numbers_of(acme).error_rate == 0.25

    def test_the_latencies_are_the_steps_and_the_whole(self, acme: Tenant) -> None:
        now = timezone.now()
        for milliseconds in range(1, 101):
            ran(acme, now, lasted_ms=milliseconds, timings={"resolve": 500, "send": milliseconds * 1000})
        assert numbers_of(acme).latencies == {
            "resolve": Latency(0.5, 0.5),
            "send": Latency(50.5, 95.05),
            "total": Latency(50.5, 95.05),
        }

    def test_a_refusal_counts_for_the_steps_it_passed_but_not_for_the_whole(self, acme: Tenant) -> None:
        ran(acme, timezone.now(), "refused", lasted_ms=1, timings={"resolve": 400, "permit": 10})
        assert numbers_of(acme).latencies == {"resolve": Latency(0.4, 0.4), "permit": Latency(0.01, 0.01)}

    def test_the_time_that_a_person_took_is_nobodys_latency(self, acme: Tenant) -> None:
        ran(acme, timezone.now(), lasted_ms=3_600_000, run=2)
        assert numbers_of(acme).total is None

    def test_the_latencies_leave_out_what_runs_or_is_long_past(self, acme: Tenant) -> None:
        now = timezone.now()
        ran(acme, now, "running")
        ran(acme, now - timedelta(minutes=16))
        assert numbers_of(acme).latencies == {}

    def test_the_tools_are_the_living_enabled_ones_by_health(self, acme: Tenant, globex: Tenant) -> None:
        for slug, health in (("a", "healthy"), ("b", "healthy"), ("c", "stale"), ("d", "failing"), ("e", None)):
            make_tool(acme, slug, health)
        make_tool(acme, "off", "healthy", enabled=False)
        make_tool(acme, "gone", "failing", retired_at=timezone.now())
        make_tool(globex, "foreign", "healthy")
        assert numbers_of(acme).tools == {"unknown": 1, "healthy": 2, "stale": 1, "failing": 1}

    def test_the_tools_are_counted_each_time_unless_that_is_dear(
        self, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_tool(acme, "a", "healthy")
        numbers_of(acme)
        make_tool(acme, "b", "healthy")
        assert numbers_of(acme).tools["healthy"] == 2
        monkeypatch.setattr("registry.live.stats.DEAR_SECONDS", 0)
        numbers_of(acme)
        make_tool(acme, "c", "healthy")
        assert numbers_of(acme).tools["healthy"] == 2

    def test_they_tell_a_frame_what_it_says(self, acme: Tenant) -> None:
        ran(acme, timezone.now(), lasted_ms=40)
        counters = numbers_of(acme).counters
        assert counters["today"] == {
            "total": 1,
            "succeeded": 1,
            "failed": 0,
            "refused": 0,
            "cancelled": 0,
            "unfinished": 0,
        }
        assert (counters["error_rate"], counters["p50_ms"], counters["p95_ms"]) == (0.0, 40.0, 40.0)


class TestKeeping:
    def test_all_processes_share_them_for_a_second(self, acme: Tenant) -> None:
        counted = numbers_of(acme)
        ran(acme, timezone.now())
        with within(acme.id), CaptureQueriesContext(connection) as queries:
            assert numbers(acme.id) == counted
        assert len(queries) == 0
        assert numbers_of(acme).tally.today.total == 1

    def test_they_are_counted_while_redis_is_away(self, acme: Tenant, redis_away: None) -> None:
        ran(acme, timezone.now())
        with within(acme.id):
            assert numbers(acme.id).tally.minutes[-1].total + numbers(acme.id).tally.minutes[-2].total == 1

    def test_it_costs_three_queries(self, acme: Tenant) -> None:
        numbers_of(acme)
        with within(acme.id), CaptureQueriesContext(connection) as queries:
            fresh_numbers(acme.id)
        assert len(queries) == 3


def test_the_latencies_are_those_of_the_newest_executions(acme: Tenant) -> None:
    fill(acme, 3 * SAMPLED, timezone.now(), every=timedelta(milliseconds=10))
    found = numbers_of(acme).latencies
    assert found["send"] == Latency(40.501, 40.95)
    assert found["total"] == Latency(500.5, 950.05)
