from datetime import UTC, datetime

import pytest

from registry.counts import NONE, Counts
from registry.execution.types import STEPS
from registry.live.charts import HEIGHT, Piece, calls_chart, steps_chart
from registry.live.stats import Latency
from registry.live.tally import CHARTED

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


def minutes(*newest: Counts) -> list[Counts]:
    return [*[NONE] * (CHARTED - len(newest)), *newest]


class TestCalls:
    def test_it_is_empty_but_there_for_a_quiet_hour(self) -> None:
        chart = calls_chart(minutes(), NOON)
        assert (chart.top, chart.half, chart.peak, chart.width) == (4, 2, 0, 600)
        assert [bar.pieces for bar in chart.bars] == [()] * CHARTED
        assert chart.bars[-1].title == "12:00: no calls"
        assert chart.ticks == ("11:01", "11:16", "11:31", "11:46", "now")

    def test_a_bar_is_as_high_as_its_minute_and_failures_stand_below(self) -> None:
        chart = calls_chart(minutes(Counts(succeeded=50, failed=25, refused=20, cancelled=3, unfinished=2)), NOON)
        assert chart.top == 100
        assert chart.bars[-1].pieces == (
            Piece("failed", 120, 40),
            Piece("refused", 88, 32),
            Piece("other", 80, 8),
            Piece("succeeded", 0, 80),
        )
        assert sum(piece.height for piece in chart.bars[-1].pieces) == HEIGHT

    def test_a_bar_says_what_it_stands_for(self) -> None:
        chart = calls_chart(minutes(Counts(succeeded=2, unfinished=1), NONE), NOON)
        assert chart.bars[-2].title == "11:59: 2 succeeded, 1 unfinished"
        assert chart.told == (
            "3 calls in the last 60 minutes, at most 3 in one: 2 succeeded, 0 failed, 0 were refused."
        )

    @pytest.mark.parametrize(
        ("peak", "top"), [(1, 4), (4, 4), (5, 6), (6, 6), (7, 8), (11, 20), (51, 60), (100, 100), (2001, 3000)]
    )
    def test_its_scale_ends_with_a_number_that_is_easily_halved(self, peak: int, top: int) -> None:
        assert calls_chart(minutes(Counts(succeeded=peak)), NOON).top == top


class TestSteps:
    def test_it_shows_every_step_in_the_corridors_order_then_the_whole(self) -> None:
        rows = steps_chart({"send": Latency(10, 100), "total": Latency(12, 110)}).rows
        assert [row.name for row in rows] == [*STEPS, "total"]
        assert [row.name for row in rows if row.latency] == ["send", "total"]

    def test_its_axis_is_logarithmic_and_reaches_the_slowest(self) -> None:
        chart = steps_chart({"resolve": Latency(0.1, 1), "send": Latency(10, 100)})
        assert (chart.first, chart.last) == ("10\u00a0µs", "100\u00a0ms")
        assert chart.ticks == (25.0, 50.0, 75.0)
        widths = {row.name: (row.p50, row.p95) for row in chart.rows if row.latency}
        assert widths == {"resolve": (25.0, 50.0), "send": (75.0, 100.0)}

    def test_what_was_measured_is_always_seen(self) -> None:
        (ask,) = [row for row in steps_chart({"ask": Latency(0, 0.003)}).rows if row.latency]
        assert (ask.p50, ask.p95) == (1.0, 1.0)

    def test_it_has_an_axis_when_nothing_was_measured(self) -> None:
        chart = steps_chart({})
        assert (chart.first, chart.last) == ("10\u00a0µs", "10\u00a0ms")

    def test_its_axis_reaches_minutes(self) -> None:
        assert steps_chart({"send": Latency(30_000, 90_000)}).last == "100\u00a0s"
