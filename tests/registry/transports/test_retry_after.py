from datetime import UTC, datetime

import pytest
from django.utils import timezone

from registry.transports.retry_after import retry_after

NOON = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(("header", "seconds"), [("0", 0.0), ("7", 7.0), ("999999", 999_999.0)])
def test_it_reads_seconds(header: str, seconds: float) -> None:
    assert retry_after({"Retry-After": header}) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90.0),
        ("Friday, 20-Nov-26 12:01:30 GMT", 90.0),
        ("Fri Nov 20 12:01:30 2026", 90.0),
        ("Fri, 20 Nov 2026 13:01:30 +0100", 90.0),
        (NOON, 0.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_it_reads_a_date_by_the_services_own_clock(header: str, seconds: float) -> None:
    assert retry_after({"Retry-After": header, "Date": NOON}) == seconds


@pytest.mark.parametrize("date", [{}, {"Date": "noon"}])
def test_it_reads_a_date_by_our_clock_where_the_service_shows_none(
    date: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert retry_after({"Retry-After": "Fri, 20 Nov 2026 12:01:30 GMT", **date}) == 90.0


@pytest.mark.parametrize(
    "header",
    ["", "-1", "1.5", "\u0667", "soon", "9" * 9, "9" * 5_000, "Fri, 20 Nov 9999 12:00:00 GMT", "Fri, 99 Nov 2026"],
)
def test_it_follows_nothing_else(header: str) -> None:
    assert retry_after({"Retry-After": header, "Date": NOON}) is None


def test_it_follows_nothing_where_nothing_is_said() -> None:
    assert retry_after({}) is None
