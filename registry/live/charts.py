"""Charts as geometry: what a template needs to draw them as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.counts import Counts, added
from registry.execution.types import STEPS
from registry.live.stats import TOTAL, Latency

HEIGHT = 160
BAR_STRIDE = 10
FASTEST_MS = 0.01
"""Where the logarithmic axis of the latencies begins."""
_LEAST_DECADES = 3
_NICE = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Column:
    """What one bar shows."""

    title: str
    numbers: Mapping[str, int]
    """How many there are of each kind, from the bottom up."""

    @property
    def total(self) -> int:
        return sum(self.numbers.values())


@dataclass(frozen=True)
class Piece:
    """Part of a bar: those of one kind."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    x: int
    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class BarsChart:
    """One bar for each stretch of time; the last one is still running."""

    top: int
    """What the highest line of the scale stands for."""
    bars: tuple[Bar, ...]
    ticks: tuple[str, ...]
    """The times under the chart, evenly spread."""
    peak: int
    told: str
    """The chart in a sentence."""

    height = HEIGHT
    lines = (0, HEIGHT // 2, HEIGHT)
    """Where the scale's lines run: top, half, nothing."""

    @property
    def width(self) -> int:
        return len(self.bars) * BAR_STRIDE

    @property
    def half(self) -> int:
        return self.top // 2


@dataclass(frozen=True)
class StepBar:
    """How long a step took: widths in percent of the axis."""

    name: str
    latency: Latency | None
    p50: float
    p95: float


@dataclass(frozen=True)
class StepsChart:
    rows: tuple[StepBar, ...]
    """The steps in the corridor's order, then the whole call."""
    ticks: tuple[float, ...]
    """Where the decades are."""
    first: str
    last: str
    """What the axis begins and ends with."""


def bars_chart(columns: Sequence[Column], *, ticks: Sequence[str], told: str) -> BarsChart:
    peak = max(column.total for column in columns)
    top = _nice_top(peak)
    bars = tuple(_bar(index, column, top) for index, column in enumerate(columns))
    return BarsChart(top=top, bars=bars, ticks=tuple(ticks), peak=peak, told=told)


def calls_chart(minutes: Sequence[Counts], at: datetime) -> BarsChart:
    """A minute a bar. Failures stand at the bottom, where their heights can be compared."""
    first = at.replace(second=0, microsecond=0) - timedelta(minutes=len(minutes) - 1)
    return bars_chart(
        [_minute(counts, first + timedelta(minutes=index)) for index, counts in enumerate(minutes)],
        ticks=(*(f"{first + timedelta(minutes=minute):%H:%M}" for minute in range(0, len(minutes), 15)), "now"),
        told=_sentence(minutes, max(counts.total for counts in minutes)),
    )


def _sentence(minutes: Sequence[Counts], peak: int) -> str:
    hour = added(minutes)
    return (
        f"{hour.total:,} calls in the last {len(minutes)} minutes, at most {peak:,} in one: "
        f"{hour.succeeded:,} succeeded, {hour.failed:,} failed, {hour.refused:,} were refused."
    )


def _minute(counts: Counts, minute: datetime) -> Column:
    numbers = {
        "failed": counts.failed,
        "refused": counts.refused,
        "other": counts.cancelled + counts.unfinished,
        "succeeded": counts.succeeded,
    }
    return Column(_told(counts, minute), numbers)


def _bar(index: int, column: Column, top: int) -> Bar:
    pieces, y = [], float(HEIGHT)
    for kind, number in column.numbers.items():
        if number:
            height = round(number / top * HEIGHT, 2)
            y -= height
            pieces.append(Piece(kind, round(y, 2), height))
    return Bar(index * BAR_STRIDE, column.title, tuple(pieces))


def _told(counts: Counts, minute: datetime) -> str:
    words = [f"{calls} {how}" for how, calls in counts.__dict__.items() if calls]
    return f"{minute:%H:%M}: {', '.join(words) or 'no calls'}"


def _nice_top(peak: int) -> int:
    """The next number of the kind that people read easily, an even one so that its half is whole."""
    if peak <= 4:
        return 4
    power: int = 10 ** int(math.log10(peak))
    top = next(factor * power for factor in _NICE if factor * power >= peak)
    return top + top % 2


def steps_chart(latencies: Mapping[str, Latency]) -> StepsChart:
    """Logarithmic, because steps take from microseconds to seconds."""
    slowest = max((latency.p95 for latency in latencies.values()), default=0.0)
    decades = max(_LEAST_DECADES, math.ceil(math.log10(max(slowest, FASTEST_MS) / FASTEST_MS)))
    return StepsChart(
        rows=tuple(_step(name, latencies.get(name), decades) for name in (*STEPS, TOTAL)),
        ticks=tuple(round(decade / decades * 100, 2) for decade in range(1, decades)),
        first=_decade(0),
        last=_decade(decades),
    )


def _step(name: str, latency: Latency | None, decades: int) -> StepBar:
    if latency is None:
        return StepBar(name, None, 0, 0)
    return StepBar(name, latency, _place(latency.p50, decades), _place(latency.p95, decades))


def _place(milliseconds: float, decades: int) -> float:
    """Never nothing: what was measured is seen."""
    return round(max(1.0, math.log10(max(milliseconds, FASTEST_MS) / FASTEST_MS) / decades * 100), 2)


def _decade(decade: int) -> str:
    """What the axis stands for there; with a space that does not break."""
    microseconds = 10 ** (decade + 1)
    for unit, size in (("s", 1_000_000), ("ms", 1_000)):
        if microseconds >= size:
            return f"{microseconds // size}\u00a0{unit}"
    return f"{microseconds}\u00a0µs"
