"""What a limit may say, checked wherever one is written: API, admin site and commands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError

HIGHEST_RATE = 1_000_000
MOST_AT_ONCE = 100_000
HIGHEST_QUOTA = 1_000_000_000

WITHOUT_REDIS = "without_redis"
OPEN, CLOSED = "open", "closed"
"""What becomes of calls while nobody can count them."""
PERIODS: Mapping[str, int] = MappingProxyType({"per_second": 1, "per_minute": 60, "per_hour": 3600})
"""The seconds that a rate's numbers are about, the shortest first."""


@dataclass(frozen=True)
class Shape:
    """What one kind of limit is made of."""

    needed: Mapping[str, int]
    """Its numbers, each with the highest it may be. At least one is given."""
    more: Mapping[str, int]
    """Numbers that may stand beside them."""
    example: str
    without_redis: str
    """What holds when it does not say."""

    def faults(self, value: Any) -> Iterator[tuple[str, str]]:
        """The field and a sentence for each fault; no field where it is about the whole."""
        if not isinstance(value, dict):
            yield "", f"Give an object, such as {self.example}."
            return
        known = {**self.needed, **self.more}
        for name, given in value.items():
            if name == WITHOUT_REDIS:
                if given not in (OPEN, CLOSED):
                    yield name, f"Give `{OPEN}` or `{CLOSED}`."
            elif name not in known:
                yield name, f"There is no such field here. Known: {', '.join((*known, WITHOUT_REDIS))}."
            elif not _is_number(given, known[name]):
                yield name, f"Give a whole number from 1 to {known[name]:,}."
        if not any(name in value for name in self.needed):
            yield "", f"Give {' or '.join(f'`{name}`' for name in self.needed)}, such as {self.example}."

    def validate(self, value: Any) -> None:
        """For a model's field. Raises ValidationError with all faults in one sentence each."""
        said = [f"{name}: {sentence}" if name else sentence for name, sentence in self.faults(value)]
        if said:
            raise ValidationError(said)


RATE = Shape(
    needed=dict.fromkeys(PERIODS, HIGHEST_RATE),
    more={"burst": HIGHEST_RATE},
    example='{"per_minute": 60, "burst": 10}',
    without_redis=OPEN,
)
CONCURRENCY = Shape(needed={"most": MOST_AT_ONCE}, more={}, example='{"most": 5}', without_redis=OPEN)
# A quota is a promise about money or about somebody else's service: not to be broken because a cache is away.
QUOTA = Shape(
    needed={"per_day": HIGHEST_QUOTA, "per_month": HIGHEST_QUOTA},
    more={},
    example='{"per_day": 1000}',
    without_redis=CLOSED,
)
SHAPES: Mapping[str, Shape] = MappingProxyType({"rate_limit": RATE, "concurrency": CONCURRENCY, "quota": QUOTA})
"""The kinds of limits, by the name of the field that holds one."""


def validate_rate_limit(value: Any) -> None:
    RATE.validate(value)


def validate_concurrency(value: Any) -> None:
    CONCURRENCY.validate(value)


def validate_quota(value: Any) -> None:
    QUOTA.validate(value)


def _is_number(given: Any, highest: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= highest
