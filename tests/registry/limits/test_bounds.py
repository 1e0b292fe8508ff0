"""What was written down, as the numbers that calls keep to."""

from datetime import UTC, datetime
from uuid import UUID

from accounts.limits import Limits, limits_of
from registry.limits.bounds import Bound, Kind, Subject, bounds_of

TENANT = UUID("01900000-0000-7000-8000-000000000001")
SUBJECT = Subject("tool", TENANT, UUID("01900000-0000-7000-8000-000000000009"), "the tool `crm-find`")
NOW = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def bounds(limits: Limits, now: datetime = NOW) -> list[Bound]:
    return list(bounds_of(SUBJECT, limits, now))


def test_it_has_a_bucket_for_each_period_and_the_burst_in_the_shortest() -> None:
    second, hour = bounds(Limits(rate={"per_hour": 100, "per_second": 2, "burst": 10}))
    assert (second.name, second.number, second.most, second.tokens_per_second) == ("tool-second", 2, 10, 2)
    assert (hour.name, hour.number, hour.most, hour.window_seconds) == ("tool-hour", 100, 100, 3600)


def test_it_keeps_to_the_utc_calendar() -> None:
    day, month = bounds(Limits(quota={"per_day": 5, "per_month": 50}))
    assert (day.since, day.until) == (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (month.since, month.until) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (day.window_seconds, month.window_seconds) == (86_400, 31 * 86_400)
    assert day.key.endswith(":day:20261231")
    assert month.key.endswith(":month:20261201")


def test_it_lets_a_quota_alone_be_closed_by_itself() -> None:
    limits = Limits(rate={"per_minute": 1}, concurrency={"most": 1}, quota={"per_day": 1})
    assert {bound.kind: bound.is_closed for bound in bounds(limits)} == {
        Kind.RATE: False,
        Kind.CONCURRENCY: False,
        Kind.QUOTA: True,
    }


def test_it_follows_the_choice_that_was_written_down() -> None:
    limits = Limits(
        rate={"per_minute": 1, "without_redis": "closed"},
        concurrency={"most": 1, "without_redis": "closed"},
        quota={"per_day": 1, "without_redis": "open"},
    )
    assert [bound.is_closed for bound in bounds(limits)] == [True, True, False]


def test_it_says_what_it_bounds() -> None:
    limits = Limits(
        rate={"per_minute": 60, "burst": 10}, concurrency={"most": 5}, quota={"per_day": 1, "per_month": 20_000}
    )
    assert [bound.said for bound in bounds(limits)] == [
        "60 calls per minute, 10 at once",
        "5 at the same time",
        "1 call per day (UTC)",
        "20,000 calls per month (UTC)",
    ]


def test_it_bounds_nothing_where_nothing_is_written() -> None:
    assert limits_of(None, None, None) is None
    assert bounds(Limits(rate={}, concurrency={}, quota={})) == []
