"""The dashboard and the API's analytics say the same of the same executions."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.ids import id_in_minute
from accounts.models import Tenant
from accounts.tenancy import within
from registry.analytics import Every, Measured, Stretch, measure, measure_over_time
from registry.counts import Counts, added
from registry.live.stats import RECENT_MINUTES, Latency, fresh_numbers
from registry.live.tally import CHARTED, Tally, tally
from tests.registry.live.rows import ran

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
EIGHT = NOW - timedelta(minutes=8)
"""In the middle of a minute."""


@pytest.fixture
def all_kinds(acme: Tenant) -> None:
    """One of each status, and what is counted in a way of its own."""
    for status in ("succeeded", "succeeded", "failed", "refused", "cancelled", "pending", "running"):
        ran(acme, NOW - timedelta(minutes=3), status)
    flood = id_in_minute("rate_limited", EIGHT)
    ran(acme, EIGHT, "refused", code="rate_limited", count=250, id_=flood)
    ran(acme, NOW - timedelta(minutes=5), cached=True)


def by_dashboard(tenant: Tenant) -> Tally:
    with within(tenant.id):
        return tally(tenant.id, NOW)


def by_analytics(tenant: Tenant, since: datetime) -> list[Measured]:
    with within(tenant.id):
        return measure_over_time(tenant.id, Stretch(since, NOW + timedelta(seconds=30)), Every.MINUTE)


@pytest.mark.usefixtures("all_kinds")
def test_they_count_the_same_in_each_minute(acme: Tenant) -> None:
    charted, measured = by_dashboard(acme).minutes, by_analytics(acme, NOW - timedelta(minutes=CHARTED - 1, seconds=30))
    assert [point.counts for point in measured] == list(charted)
    assert charted[-4] == Counts(succeeded=2, failed=1, refused=1, cancelled=1, unfinished=2)
    assert charted[-9] == Counts(refused=250)
    assert added(charted).total == 258


def test_they_put_a_call_where_it_began_and_not_where_its_id_was_made(acme: Tenant) -> None:
    noon = NOW.replace(second=0)
    before = ran(acme, noon - timedelta(milliseconds=2))
    with within(acme.id):
        before.started_at = noon
        before.save(update_fields=["started_at"])
    assert by_dashboard(acme).minutes[-2:] == (Counts(), Counts(succeeded=1))
    assert [point.counts for point in by_analytics(acme, noon)] == [Counts(succeeded=1)]


def test_a_stretch_that_begins_within_a_minute_has_the_refusals_counted_later_in_it(acme: Tenant) -> None:
    ran(acme, EIGHT, "refused", code="rate_limited", count=250, id_=id_in_minute("rate_limited", EIGHT))
    with within(acme.id):
        assert measure(acme.id, Stretch(EIGHT - timedelta(seconds=1), NOW)).counts == Counts(refused=250)
        assert measure(acme.id, Stretch(EIGHT + timedelta(seconds=1), NOW)).counts == Counts()


def test_they_say_the_same_of_failures_and_of_how_long_calls_took(acme: Tenant) -> None:
    now = timezone.now()
    at = now - timedelta(minutes=1)
    for milliseconds in range(1, 101):
        ran(acme, at, "succeeded" if milliseconds % 4 else "failed", lasted_ms=milliseconds)
    ran(acme, at, "refused", lasted_ms=5000)
    ran(acme, at, lasted_ms=3_600_000, run=2)
    with within(acme.id):
        shown = fresh_numbers(acme.id)
        measured = measure(acme.id, Stretch(now - timedelta(minutes=RECENT_MINUTES - 1), now))
    assert (shown.error_rate, measured.counts.error_rate) == (25 / 101, 25 / 101)
    assert (shown.total, Latency(measured.p50_ms or 0, measured.p95_ms or 0)) == (Latency(50.5, 95.05),) * 2
