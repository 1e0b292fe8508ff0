"""A version's `retries`: how often a call is tried, how long it waits in between, and after which answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_ATTEMPTS = 10
LONGEST_BACKOFF_MS = 60_000
MOST_STATUSES = 50
_NUMBERS: Mapping[str, int] = {
    "attempts": MOST_ATTEMPTS,
    "first_backoff_ms": LONGEST_BACKOFF_MS,
    "max_backoff_ms": LONGEST_BACKOFF_MS,
}
NAMES = (*_NUMBERS, "on_status")


@dataclass(frozen=True)
class Backoff:
    first_seconds: float = 0.1
    """The ceiling of the first pause; each further one is twice as high."""
    longest_seconds: float = 5.0
    on_status: frozenset[int] | None = None
    """Answers of the service that are worth another attempt; None: 408, 425, 429 and all from 500 on."""

    def ceiling(self, attempt: int) -> float:
        """What the pause after this attempt is below."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))


USUAL = Backoff()


def backoff_of(retries: Mapping[str, Any]) -> Backoff:
    """Of checked retries."""
    first = retries.get("first_backoff_ms")
    longest = retries.get("max_backoff_ms")
    statuses = retries.get("on_status")
    if first is longest is statuses is None:
        return USUAL
    first_seconds = first / 1000 if first else USUAL.first_seconds
    return Backoff(
        first_seconds=first_seconds,
        longest_seconds=longest / 1000 if longest else max(first_seconds, USUAL.longest_seconds),
        on_status=None if statuses is None else frozenset(statuses),
    )


def faults(retries: Any) -> Iterator[tuple[str, str]]:
    """The field and a sentence for each fault; no field where it is about the whole."""
    if not isinstance(retries, dict):
        yield "", 'Give an object, such as {"attempts": 3}.'
        return
    for name, value in retries.items():
        if name == "on_status":
            if not _are_statuses(value):
                yield name, f"Give a list of at most {MOST_STATUSES} HTTP statuses from 400 to 599."
        elif name not in _NUMBERS:
            yield name, f"There is no such field here. Known: {', '.join(NAMES)}."
        elif not _is_whole(value) or not 1 <= value <= _NUMBERS[name]:
            yield name, f"Give a whole number from 1 to {_NUMBERS[name]:,}."
    first, longest = retries.get("first_backoff_ms", 0), retries.get("max_backoff_ms", LONGEST_BACKOFF_MS)
    if _is_whole(first) and _is_whole(longest) and first > longest:
        yield "max_backoff_ms", "This is the longest pause: give at least `first_backoff_ms`."


def _are_statuses(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_STATUSES
        and all(_is_whole(status) and 400 <= status <= 599 for status in value)
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
