"""The limits of a tool, an agent or a tenant, as they travel with a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What somebody wrote down, checked; None: no such limit."""

    rate: Mapping[str, Any] | None = field(default=None, hash=False)
    """E.g. `{"per_minute": 60, "burst": 10}`."""
    concurrency: Mapping[str, Any] | None = field(default=None, hash=False)
    """E.g. `{"most": 5}`."""
    quota: Mapping[str, Any] | None = field(default=None, hash=False)
    """E.g. `{"per_day": 1000, "per_month": 20000}`."""


def limits_of(
    rate: Mapping[str, Any] | None, concurrency: Mapping[str, Any] | None, quota: Mapping[str, Any] | None
) -> Limits | None:
    """None when there is none: that is what a call without limits looks at."""
    if rate is None and concurrency is None and quota is None:
        return None
    return Limits(rate, concurrency, quota)
