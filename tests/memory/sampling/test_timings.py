from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import LazySettings

from memory.sampling.timings import HOURS, MINUTES, Spread, note, read_timings
from registry.live import board

pytestmark = pytest.mark.django_db

ACME, GLOBEX = UUID(int=1), UUID(int=2)
NOON = 1_800_000_000 // 3600 * 3600


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> "Clock":
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    return Clock(monkeypatch)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def __call__(self, seconds: int) -> None:
        self._patch.setattr("memory.sampling.timings.time.time", lambda: NOON + seconds)


def about(number: float) -> Any:
    return pytest.approx(number)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


def test_it_tells_minutes_and_hours_by_route(at: Clock) -> None:
    at(5)
    for ms in (1.2, 1.9, 18.0):
        note(tenant_id=ACME, route="ann", ms=ms)
    note(tenant_id=ACME, route="exact", ms=140.0)
    note(tenant_id=GLOBEX, route="ann", ms=900.0)
    at(65)
    note(tenant_id=ACME, route="ann", ms=0.4)
    first, second = read_timings(tenant_id=ACME, step=MINUTES)
    assert (first.at, second.at) == (moment(0), moment(60))
    assert first.by_route == {
        # Three: half of them are three quarters of two up to 2 ms; 95 % of them are 85 % of one up to 20 ms.
        "ann": Spread(3, about(1.75), about(15 + 5 * 0.85)),
        "exact": Spread(1, 125.0, 147.5),
    }
    assert second.by_route == {"ann": Spread(1, 0.5, 0.95)}
    (hour,) = read_timings(tenant_id=ACME, step=HOURS)
    assert (hour.at, hour.by_route["ann"].number) == (moment(0), 4)


def test_what_is_older_is_not_told(at: Clock) -> None:
    at(0)
    note(tenant_id=ACME, route="ann", ms=1)
    at(59 * 60 + 59)
    assert len(read_timings(tenant_id=ACME, step=MINUTES)) == 1
    at(60 * 60)
    assert (len(read_timings(tenant_id=ACME, step=MINUTES)), len(read_timings(tenant_id=ACME, step=HOURS))) == (0, 1)


def test_it_is_not_kept_for_longer_than_it_is_told(at: Clock, settings: LazySettings) -> None:
    at(0)
    note(tenant_id=ACME, route="ann", ms=1)
    client = redis.Redis.from_url(settings.REDIS_URL)
    left = sorted(client.ttl(key) for key in client.keys("qm:memory:searches:*"))
    assert [round(each, -1) for each in left] == [3_660, 176_400]


def test_the_slowest_of_all_has_a_class(at: Clock) -> None:
    at(0)
    note(tenant_id=ACME, route="exact", ms=99_000.0)
    (found,) = read_timings(tenant_id=ACME, step=MINUTES)
    assert found.by_route["exact"] == Spread(1, 32_500.0, 57_250.0)


@pytest.fixture
def no_redis(settings: LazySettings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    board.forget()
    yield
    board.forget()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_nothing_is_told_and_nothing_fails() -> None:
    note(tenant_id=ACME, route="ann", ms=1)
    assert read_timings(tenant_id=ACME, step=MINUTES) == []
