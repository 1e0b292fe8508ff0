from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.tenancy import within
from registry.counts import NONE, Counts
from registry.live import board
from registry.live.tally import CHARTED, KEPT_SECONDS, KEPT_UNSETTLED_SECONDS, Tally, tally
from registry.models import Execution
from registry.models.execution import Status
from tests.registry.live.rows import fill, plan_of, ran

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
"""Half a minute into the running minute."""


def tally_of(tenant: Tenant, now: datetime = NOON) -> Tally:
    with within(tenant.id):
        return tally(tenant.id, now)


def queries_of(tenant: Tenant, now: datetime = NOON) -> int:
    with within(tenant.id), CaptureQueriesContext(connection) as queries:
        tally(tenant.id, now)
    return len(queries)


class TestCounting:
    def test_it_counts_nothing_for_a_new_tenant(self, acme: Tenant) -> None:
        assert tally_of(acme) == Tally(minutes=(NONE,) * CHARTED, today=NONE, today_is_whole=True)

    def test_it_counts_each_minute_by_how_its_calls_ended(self, acme: Tenant) -> None:
        for status in ("succeeded", "succeeded", "failed", "refused", "cancelled", "running", "pending"):
            ran(acme, NOON - timedelta(minutes=3), status)
        found = tally_of(acme)
        assert found.minutes[-4] == Counts(succeeded=2, failed=1, refused=1, cancelled=1, unfinished=2)
        assert found.minutes[-4].total == 7
        assert found.minutes[-4].ran == 3
        assert [counts.total for counts in found.minutes].count(0) == CHARTED - 1

    def test_it_takes_a_counted_refusal_for_as_many_as_it_stands_for(self, acme: Tenant) -> None:
        ran(acme, NOON, "refused", code="rate_limited", count=250)
        assert tally_of(acme).minutes[-1] == Counts(refused=250)

    def test_it_adds_up_the_day_since_midnight_utc(self, acme: Tenant) -> None:
        midnight = NOON.replace(hour=0, minute=0, second=0)
        for at in (midnight - timedelta(seconds=1), midnight, NOON - timedelta(hours=5), NOON):
            ran(acme, at)
        found = tally_of(acme)
        assert (found.today.succeeded, found.today_is_whole) == (3, True)

    def test_it_counts_very_much_a_part_at_a_time_from_the_newest_back(
        self, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("registry.live.tally.CALLS_AT_ONCE", 1)
        for hours in (1, 3, 11):
            ran(acme, NOON - timedelta(hours=hours))
        found = [tally_of(acme) for _ in range(4)]
        assert [each.today.succeeded for each in found] == [1, 2, 3, 3]
        assert [each.today_is_whole for each in found] == [False, False, True, True]

    def test_it_charts_the_hour_across_midnight(self, acme: Tenant) -> None:
        after_midnight = NOON.replace(hour=0, minute=10)
        ran(acme, after_midnight - timedelta(minutes=20))
        found = tally_of(acme, after_midnight)
        assert found.minutes[-21].succeeded == 1
        assert (found.today, found.today_is_whole) == (NONE, True)

    def test_it_keeps_tenants_apart(self, acme: Tenant, globex: Tenant) -> None:
        ran(acme, NOON)
        assert tally_of(globex).today == NONE
        assert tally_of(acme).today == Counts(succeeded=1)

    def test_it_puts_a_call_into_the_minute_it_began_in_not_its_id(self, acme: Tenant) -> None:
        began = NOON.replace(second=0)
        execution = ran(acme, began - timedelta(milliseconds=2))
        with within(acme.id):
            Execution.objects.filter(id=execution.id).update(started_at=began)
        found = tally_of(acme)
        assert (found.minutes[-2].total, found.minutes[-1].total) == (0, 1)


class TestKeeping:
    def test_it_counts_only_the_running_minute_again(self, acme: Tenant) -> None:
        tally_of(acme)
        over, running = ran(acme, NOON - timedelta(minutes=30)), ran(acme, NOON)
        assert over.id != running.id
        found = tally_of(acme)
        assert found.minutes[-31].total == 0
        assert found.minutes[-1].total == 1
        assert queries_of(acme) == 1

    def test_it_counts_a_minute_again_in_which_a_call_ended_that_had_waited(self, acme: Tenant) -> None:
        waiting, ran_then = ran(acme, NOON - timedelta(minutes=40), "pending"), NOON - timedelta(minutes=50)
        assert tally_of(acme).minutes[-41] == Counts(unfinished=1)
        ran(acme, ran_then)  # late, in a minute that was settled
        with within(acme.id):
            Execution.objects.filter(id=waiting.id).update(status=Status.SUCCEEDED)
        found = tally_of(acme)
        assert (found.minutes[-41], found.minutes[-51], found.today) == (Counts(succeeded=1), NONE, Counts(succeeded=1))
        assert queries_of(acme) == 1

    def test_it_looks_after_those_that_wait_with_one_query(self, acme: Tenant) -> None:
        for minutes in (20, 40, 300):
            ran(acme, NOON - timedelta(minutes=minutes), "pending")
        assert tally_of(acme).today == Counts(unfinished=3)
        assert queries_of(acme) == 2
        assert tally_of(acme).today == Counts(unfinished=3)

    def test_it_counts_nothing_of_what_lies_between(self, acme: Tenant) -> None:
        waiting = [ran(acme, NOON - timedelta(minutes=minutes), "pending") for minutes in (20, 300)]
        tally_of(acme)
        ran(acme, NOON - timedelta(minutes=100))
        with within(acme.id):
            Execution.objects.filter(id__in=[each.id for each in waiting]).update(status=Status.CANCELLED)
        assert tally_of(acme).today == Counts(cancelled=2)

    def test_it_keeps_for_long_only_what_can_change_no_more(self, acme: Tenant) -> None:
        tally_of(acme)
        kept = {minutes_ago: board_ttl(acme, minutes_ago) for minutes_ago in (0, 1, 10, 11, 59)}
        assert kept == {
            0: None,
            1: KEPT_UNSETTLED_SECONDS,
            10: KEPT_UNSETTLED_SECONDS,
            11: KEPT_SECONDS,
            59: KEPT_SECONDS,
        }

    def test_it_counts_the_whole_hour_from_postgresql_while_redis_is_away(self, acme: Tenant, redis_away: None) -> None:
        ran(acme, NOON - timedelta(minutes=59))
        ran(acme, NOON)
        found = tally_of(acme)
        assert (found.minutes[0].total, found.minutes[-1].total) == (1, 1)
        assert (found.today.total, found.today_is_whole) == (2, True)


@pytest.mark.django_db(transaction=True)
def test_it_reads_one_range_of_an_index(acme: Tenant, globex: Tenant, analyze: Callable[[], None]) -> None:
    for tenant in (acme, globex):
        fill(tenant, 20_000, NOON)
    analyze()
    with within(acme.id):
        with CaptureQueriesContext(connection) as queries:
            tally(acme.id, NOON)
        plans = [plan_of(query["sql"]) for query in queries.captured_queries]
    assert len(plans) == 4
    for plan in plans:
        assert "Seq Scan" not in plan
        assert "(id >= " in plan.partition("Index Cond: ")[2]


@pytest.mark.django_db(transaction=True)
def test_it_finds_those_that_wait_without_reading_the_others(
    acme: Tenant, globex: Tenant, analyze: Callable[[], None]
) -> None:
    for tenant in (acme, globex):
        fill(tenant, 20_000, NOON)
    ran(acme, NOON - timedelta(hours=5), "pending")
    analyze()
    tally_of(acme)
    with within(acme.id):
        with CaptureQueriesContext(connection) as queries:
            tally(acme.id, NOON)
        plan = plan_of(queries.captured_queries[0]["sql"])
    assert "execution_pending" in plan
    assert "execution_leases" in plan
    assert "execution_by_tenant" not in plan


def board_ttl(tenant: Tenant, minutes_ago: int) -> int | None:
    """How long the minute is kept, to the nearest ten seconds."""
    minute = int(NOON.timestamp()) // 60 - minutes_ago
    seconds = redis.Redis.from_url(settings.REDIS_URL).ttl(f"{board.PREFIX}minute:{tenant.id}:{minute}")
    return None if seconds < 0 else round(seconds, -1)
