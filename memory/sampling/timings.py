"""How long searches took, by tenant: in Redis, a hash for each minute of the last hour and each hour of two days.

A field is a route and the largest time of its class in milliseconds: `ann:20`. Losing it costs a curve on a page.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from memory.metrics import COMPARED
from registry.live import board

CLASSES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 60_000)
"""Milliseconds up to which a search belongs to each class."""

_PREFIX = "qm:memory:searches:"
_NOTE = """
for place, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, ARGV[1], 1)
    redis.call('EXPIRE', key, ARGV[place + 1])
end
"""
_READ = """
local found = {}
for place, key in ipairs(KEYS) do found[place] = redis.call('HGETALL', key) end
return found
"""


@dataclass(frozen=True)
class Step:
    name: str
    seconds: int
    number: int
    """How many of them are kept."""


MINUTES = Step("minute", 60, 60)
HOURS = Step("hour", 3_600, 48)


@dataclass(frozen=True)
class Spread:
    """Of searches of one route, in one step."""

    number: int
    p50: float
    """Milliseconds, as exact as their class."""
    p95: float


@dataclass(frozen=True)
class Moment:
    at: datetime
    """When the step began."""
    by_route: Mapping[str, Spread]


def note(*, tenant_id: UUID, route: str, ms: float) -> None:
    """Call it after each search that compared vectors. One trip to Redis; nothing while that is away."""
    COMPARED.labels(route).observe(ms / 1000)
    now, steps = int(time.time()), (MINUTES, HOURS)
    keys = [_key(tenant_id, step, now // step.seconds) for step in steps]
    ends = [step.seconds * (step.number + 1) for step in steps]
    board.evaluate(_NOTE, keys, [f"{route}:{_class_of(ms)}", *ends])


def read_timings(*, tenant_id: UUID, step: Step) -> list[Moment]:
    """The oldest first, those without a search left out; none while Redis is away."""
    last = int(time.time()) // step.seconds
    numbers = range(last - step.number + 1, last + 1)
    found = board.evaluate(_READ, [_key(tenant_id, step, number) for number in numbers], []) or []
    return [
        Moment(datetime.fromtimestamp(number * step.seconds, UTC), _spreads(fields))
        for number, fields in zip(numbers, found, strict=False)
        if fields
    ]


def _key(tenant_id: UUID, step: Step, number: int) -> str:
    return f"{_PREFIX}{tenant_id}:{step.name}:{number}"


def _class_of(ms: float) -> int:
    return next((most for most in CLASSES if ms <= most), CLASSES[-1])


def _spreads(fields: Sequence[bytes]) -> dict[str, Spread]:
    by_route: dict[str, dict[int, int]] = {}
    for name, number in zip(fields[::2], fields[1::2], strict=True):
        route, _, most = name.decode().rpartition(":")
        by_route.setdefault(route, {})[int(most)] = int(number)
    return {route: _spread(classes) for route, classes in sorted(by_route.items())}


def _spread(classes: Mapping[int, int]) -> Spread:
    return Spread(sum(classes.values()), _percentile(classes, 0.50), _percentile(classes, 0.95))


def _percentile(classes: Mapping[int, int], share: float) -> float:
    """In the class where it lies, as if its searches were spread evenly."""
    left = share * sum(classes.values())
    for most, number in sorted(classes.items()):
        if left <= number:
            least = max((each for each in CLASSES if each < most), default=0)
            return least + (most - least) * left / number
        left -= number
    return float(CLASSES[-1])
