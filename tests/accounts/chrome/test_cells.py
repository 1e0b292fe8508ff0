from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.chrome.cells import NOTHING, ago, badge, duration, moment, mono, readable_duration, two_lines


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [(0, "0 µs"), (840, "840 µs"), (12_345, "12.3 ms"), (404_600, "405 ms"), (1_240_000, "1.24 s")],
)
def test_it_shows_durations_with_about_three_figures(microseconds: int, shown: str) -> None:
    assert readable_duration(microseconds) == shown


def test_it_shows_a_dash_for_what_is_not_there() -> None:
    assert (moment(None), ago(None), duration(None)) == (NOTHING, NOTHING, NOTHING)


def test_it_shows_a_moment_to_the_second_and_the_rest_in_its_title() -> None:
    shown = moment(datetime(2026, 11, 20, 14, 22, 5, 123456, tzinfo=UTC))
    assert ">20 Nov 2026, 14:22:05<" in shown
    assert 'title="Friday, 20 November 2026, 14:22:05.123 UTC"' in shown


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(seconds=5), "5 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=12), "12 d ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=-4, minutes=-1), "in 4 d"),
    ],
)
def test_it_says_roughly_how_long_ago(before: timedelta, shown: str) -> None:
    assert f">{shown}<" in ago(timezone.now() - before)


def test_it_escapes_what_tenants_wrote() -> None:
    for shown in (badge("<b>", "good"), mono("<b>"), two_lines("<b>", "<i>")):
        assert "<b>" not in shown
        assert "&lt;b&gt;" in shown
