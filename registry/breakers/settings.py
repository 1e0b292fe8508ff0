"""When a tool's circuit opens, and how it is tried again: its `breaker`, with what holds where it does not say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class BreakerSettings:
    window_seconds: int = 60
    """How far back calls are counted."""
    minimum_calls: int = 5
    """Fewer calls in the window open nothing."""
    failure_rate: float = 0.5
    """The share of them that has to fail."""
    open_seconds: int = 30
    """How long the service is left alone."""
    trials: int = 1
    """Calls that may try it at once afterwards; when as many have succeeded the circuit closes."""


@dataclass(frozen=True)
class Held:
    """A person's word over a circuit, as it travels with a call."""

    is_open: bool
    reason: str


USUAL = BreakerSettings()
_HIGHEST: Mapping[str, int] = {
    "window_seconds": 3600,
    "minimum_calls": 10_000,
    "open_seconds": 86_400,
    "trials": 100,
}
NAMES = tuple(field.name for field in fields(BreakerSettings))


def settings_of(written: Mapping[str, Any] | None) -> BreakerSettings:
    return BreakerSettings(**written) if written else USUAL


def faults(written: Any) -> Iterator[tuple[str, str]]:
    """The field and a sentence for each fault; no field where it is about the whole."""
    if not isinstance(written, dict):
        yield "", f"Give an object with {', '.join(f'`{name}`' for name in NAMES)}, or some of them."
        return
    for name, value in written.items():
        if name not in NAMES:
            yield name, f"There is no such field here. Known: {', '.join(NAMES)}."
        elif name == "failure_rate":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
                yield name, "Give a number above 0 and up to 1, such as 0.5 for half of the calls."
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _HIGHEST[name]:
            yield name, f"Give a whole number from 1 to {_HIGHEST[name]:,}."
