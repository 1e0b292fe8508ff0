"""How fast searches were, and what indexes missed, as charts: geometry for `templates/admin/bars.html`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from memory.sampling.over_time import Sampled
from memory.sampling.timings import HOURS, MINUTES, Moment, Spread, Step
from registry.live.charts import BarsChart, Column, bars_chart

TICKS = 4


@dataclass(frozen=True)
class Window:
    """The time that is looked back at."""

    name: Literal["minute", "hour"]
    title: str
    step: Step
    written: str
    """How a time in it is written."""

    def times(self, now: datetime) -> list[datetime]:
        """When each step began, the last one being the one that runs."""
        last = int(now.timestamp()) // self.step.seconds
        numbers = range(last - self.step.number + 1, last + 1)
        return [datetime.fromtimestamp(number * self.step.seconds, UTC) for number in numbers]


WINDOWS: dict[str, Window] = {
    window.name: window
    for window in (Window("minute", "Last hour", MINUTES, "%H:%M"), Window("hour", "Last 2 days", HOURS, "%a %H:%M"))
}
USUAL = WINDOWS["hour"]


def latency_chart(route: str, moments: Sequence[Moment], window: Window, now: datetime) -> BarsChart:
    """In each bar up to where half of the searches were done, and above that up to 95 of 100, in milliseconds."""
    spreads = {moment.at: moment.by_route[route] for moment in moments if route in moment.by_route}
    columns = [_of_times(at, spreads.get(at), window) for at in window.times(now)]
    searches = sum(spread.number for spread in spreads.values())
    slowest = max((spread.p95 for spread in spreads.values()), default=0.0)
    told = f"{window.title}: {searches:,} searches; in the slowest step 95 of 100 took at most {slowest:.0f} ms."
    return bars_chart(columns, ticks=_ticks(window, now), told=told)


def _of_times(at: datetime, spread: Spread | None, window: Window) -> Column:
    when = f"{at:{window.written}}"
    if spread is None:
        return Column(f"{when}: no searches", {})
    half = max(1, round(spread.p50))
    rest = max(0, round(spread.p95) - half)
    said = f"{when}: {spread.number:,} searches, half within {spread.p50:.1f} ms, 95 of 100 within {spread.p95:.1f} ms"
    return Column(said, {"p50": half, "p95": rest})


def recall_chart(found: Mapping[datetime, Sampled], window: Window, now: datetime) -> BarsChart:
    """In each bar the share that was found, and in red what was missed, in percent."""
    columns = [_of_samples(at, found.get(at), window) for at in window.times(now)]
    samples = sum(each.samples for each in found.values())
    lowest = min((each.lowest for each in found.values()), default=1.0)
    told = f"{window.title}: {samples:,} searches were repeated exactly; the worst had found {lowest:.0%}."
    return bars_chart(columns, ticks=_ticks(window, now), told=told)


def _of_samples(at: datetime, sampled: Sampled | None, window: Window) -> Column:
    when = f"{at:{window.written}}"
    if sampled is None:
        return Column(f"{when}: no samples", {})
    found = round(sampled.mean * 100)
    said = f"{when}: recall {sampled.mean:.3f} on average of {sampled.samples:,}, {sampled.lowest:.2f} at the lowest"
    return Column(said, {"found": found, "missed": 100 - found})


def _ticks(window: Window, now: datetime) -> list[str]:
    times = window.times(now)
    return [*(f"{at:{window.written}}" for at in times[:: len(times) // TICKS]), "now"]
