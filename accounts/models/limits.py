"""What a rate limit may say, checked wherever one is written: API, admin site and commands."""

from typing import Any

from django.core.exceptions import ValidationError

HIGHEST_RATE = 1_000_000


def validate_rate_limit(value: Any) -> None:
    """Raises ValidationError unless it is `{"per_minute": 60}`, with a `burst` or without."""
    known = isinstance(value, dict) and {"per_minute"} <= set(value) <= {"per_minute", "burst"}
    if not known or not all(_is_rate(number) for number in value.values()):
        raise ValidationError(
            f'Give {{"per_minute": 60, "burst": 10}}: whole numbers from 1 to {HIGHEST_RATE:,}, the burst or none.'
        )


def _is_rate(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= HIGHEST_RATE
