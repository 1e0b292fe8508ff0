"""An execution's timings as one stacked bar: computed here, drawn by a template as inline SVG."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.chrome.cells import readable_duration
from registry.execution.types import STEPS

WIDTH = 1000
THINNEST = 7
"""Units of WIDTH: a step of 3 µs beside one of 800 ms could not be seen otherwise."""


@dataclass(frozen=True)
class Segment:
    step: str
    microseconds: int
    readable: str
    percent: float
    x: float
    width: float


@dataclass(frozen=True)
class Timings:
    segments: tuple[Segment, ...]
    total: str

    @property
    def description(self) -> str:
        return "; ".join(f"{each.step} {each.readable}" for each in self.segments)


def timings_chart(timings: Mapping[str, int]) -> Timings | None:
    """The bar for what was measured, in the corridor's order; None when nothing was yet."""
    measured = [(step, timings[step]) for step in STEPS if step in timings]
    if not measured:
        return None
    whole = sum(microseconds for _, microseconds in measured)
    widths = _widths([microseconds for _, microseconds in measured], whole)
    segments, x = [], 0.0
    for (step, microseconds), width in zip(measured, widths, strict=True):
        percent = 100 * microseconds / whole if whole else 0.0
        segments.append(
            Segment(step, microseconds, readable_duration(microseconds), percent, round(x, 2), round(width, 2))
        )
        x += width
    return Timings(tuple(segments), readable_duration(whole))


def _widths(parts: list[int], whole: int) -> list[float]:
    """Proportional, but none thinner than THINNEST: what the thin ones are given is taken from the others."""
    if not whole:
        return [WIDTH / len(parts)] * len(parts)
    ideal = [WIDTH * part / whole for part in parts]
    thin = [width < THINNEST for width in ideal]
    room = WIDTH - THINNEST * sum(thin)
    thick = sum(width for width, is_thin in zip(ideal, thin, strict=True) if not is_thin)
    return [THINNEST if is_thin else width * room / thick for width, is_thin in zip(ideal, thin, strict=True)]
