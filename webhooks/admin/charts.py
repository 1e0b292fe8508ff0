"""What came, and what became of it, as charts: geometry for `templates/admin/bars.html`."""

from collections.abc import Sequence
from datetime import datetime

from registry.live.charts import BarsChart, Column, bars_chart
from webhooks.counters import Series, Step, Window
from webhooks.models.event import EventStatus
from webhooks.models.queued import QueueStatus

# From the bottom up: what somebody should look at stands on the ground, where heights can be compared.
EVENTS: dict[str, str] = {
    EventStatus.REJECTED: "rejected",
    EventStatus.DUPLICATE: "duplicates",
    EventStatus.CHALLENGE: "handshakes",
    EventStatus.ACCEPTED: "accepted",
}
RUNS: dict[str, str] = {
    QueueStatus.DEAD: "dead",
    QueueStatus.WAITING: "waiting",
    QueueStatus.RUNNING: "running",
    QueueStatus.CANCELLED: "cancelled",
    QueueStatus.SUCCEEDED: "succeeded",
}
TICKS = 4


def events_chart(series: Series, window: Window, now: datetime) -> BarsChart:
    return _chart("events", EVENTS, series.steps, window, now)


def runs_chart(series: Series, window: Window, now: datetime) -> BarsChart:
    return _chart("runs", RUNS, series.steps, window, now)


def _chart(what: str, kinds: dict[str, str], steps: Sequence[Step], window: Window, now: datetime) -> BarsChart:
    first = window.since(now)
    columns = [
        Column(_said(f"{first + place * window.step:{_written(window)}}", step, kinds, what), _numbers(step, kinds))
        for place, step in enumerate(steps)
    ]
    places = range(0, window.steps, window.steps // TICKS)
    ticks = [f"{first + place * window.step:{_written(window)}}" for place in places]
    return bars_chart(columns, ticks=[*ticks, "now"], told=_sentence(what, kinds, steps, window))


def _numbers(step: Step, kinds: dict[str, str]) -> dict[str, int]:
    return {str(status): step.get(status, 0) for status in kinds}


def _said(when: str, step: Step, kinds: dict[str, str], what: str) -> str:
    words = [f"{step[status]:,} {kinds[status]}" for status in reversed(kinds) if step.get(status)]
    return f"{when}: {', '.join(words) or f'no {what}'}"


def _sentence(what: str, kinds: dict[str, str], steps: Sequence[Step], window: Window) -> str:
    totals = {status: sum(step.get(status, 0) for step in steps) for status in reversed(kinds)}
    words = [f"{number:,} {kinds[status]}" for status, number in totals.items() if number]
    return f"{window.title}, {what}: {', '.join(words) or 'none'}."


def _written(window: Window) -> str:
    return "%a %H:%M" if window.name == "week" else "%H:%M"
