"""Cutting an answer to a budget: it stays JSON of the same shape, and each cut is told.

What fits stays whole. Otherwise the fields of an object share its room: small ones are kept whole, large ones are cut
to equal parts. Of an array the first items are kept, none of them larger than a quarter of its room while others
wait. A string keeps its beginning. The same answer and budget always give the same result, and cutting that again
changes nothing. The work depends on the budget, not on the length of the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.json_paths import json_path
from registry.shaping.order import in_order, rank
from registry.shaping.weight import PER_TOKEN, weigh

FEWEST_TOKENS = 16
MOST_TOKENS = 1_000_000
MOST_CUTS = 20
"""Cuts that are told one by one."""

_ELLIPSIS = "…"
_SHORTEST = weigh(_ELLIPSIS)
_EMPTY = 2
_ITEMS_AT_LEAST = 4

Place = tuple[str | int, ...]
"""The names and indices that lead to a value."""


@dataclass(frozen=True)
class Cut:
    place: Place
    what: str
    """What was left out at the end: `items`, `fields` or `characters`; `value` for a number that is too long."""
    kept: int
    of: int

    def as_told(self) -> dict[str, Any]:
        return {"path": json_path(self.place), "what": self.what, "kept": self.kept, "of": self.of}


@dataclass(frozen=True)
class Fitted:
    value: Any
    cuts: tuple[Cut, ...]
    """The first ones, from the outside in; empty: nothing was left out."""
    more_cuts: int = 0


def fit(value: Any, max_tokens: int) -> Fitted:
    """The value, or as much of it as the budget bears, its fields in order."""
    fitting = _Fitting()
    fitted, _ = fitting.fit(value, max_tokens * PER_TOKEN, ())
    return Fitted(fitted, tuple(fitting.cuts), fitting.more_cuts)


class _Fitting:
    def __init__(self) -> None:
        self.cuts: list[Cut] = []
        self.more_cuts = 0

    def fit(self, value: Any, most: int, place: Place) -> tuple[Any, int]:
        """The value within `most`, which is no less than `_least(value)` but at the root, and what it weighs."""
        weight = weigh(value, most)
        if weight <= most:
            return in_order(value), weight
        if isinstance(value, str):
            return self._fit_text(value, most, place)
        if isinstance(value, list | tuple):
            return self._fit_list(value, most, place)
        if isinstance(value, dict):
            return self._fit_dict(value, most, place)
        self._cut(place, "value", 0, 1)
        return None, weigh(None)

    def _fit_text(self, text: str, most: int, place: Place) -> tuple[str, int]:
        # Written for the longest number, so that the true one is never longer.
        reserve = weigh(_told(len(text)))
        kept = _longest_prefix(text, most - reserve + 2) if reserve <= most else 0
        told = text[:kept] + _told(len(text) - kept) if kept else _ELLIPSIS
        self._cut(place, "characters", kept, len(text))
        return told, weigh(told)

    def _fit_list(self, items: Sequence[Any], most: int, place: Place) -> tuple[list[Any], int]:
        room = most - _EMPTY
        count = _items_kept(items, room)
        if count < len(items):
            self._cut(place, "items", count, len(items))
        shares = _shares(items[:count], room - max(0, count - 1))
        fitted = [
            self.fit(item, share, (*place, index))
            for index, (item, share) in enumerate(zip(items, shares, strict=False))
        ]
        return [item for item, _ in fitted], _EMPTY + max(0, count - 1) + sum(weight for _, weight in fitted)

    def _fit_dict(self, fields: dict[str, Any], most: int, place: Place) -> tuple[dict[str, Any], int]:
        names, named = _names_kept(fields, most - _EMPTY)
        if len(names) < len(fields):
            self._cut(place, "fields", len(names), len(fields))
        shares = _shares([fields[name] for name in names], most - _EMPTY - named)
        fitted = {
            name: self.fit(fields[name], share, (*place, name)) for name, share in zip(names, shares, strict=True)
        }
        weight = _EMPTY + named + sum(weight for _, weight in fitted.values())
        return {name: inner for name, (inner, _) in fitted.items()}, weight

    def _cut(self, place: Place, what: str, kept: int, of: int) -> None:
        if len(self.cuts) < MOST_CUTS:
            self.cuts.append(Cut(place, what, kept, of))
        else:
            self.more_cuts += 1


def _told(left_out: int) -> str:
    return f"{_ELLIPSIS} [{left_out} more characters]"


def _least(value: Any) -> int:
    """What a value weighs when it is cut to nearly nothing."""
    if isinstance(value, str):
        return min(weigh(value, _SHORTEST), _SHORTEST)
    return _EMPTY if isinstance(value, list | tuple | dict) else weigh(value)


def _longest_prefix(text: str, most: int) -> int:
    """How many characters, quoted, weigh no more than this."""
    low, high = 0, min(len(text), max(0, most))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weigh(text[:middle], most) <= most else (low, middle - 1)
    return low


def _items_kept(items: Sequence[Any], room: int) -> int:
    """How many from the beginning, when no item takes more than its part."""
    part = max(room // min(len(items), _ITEMS_AT_LEAST) - 1, 0)
    used = 0
    for index, item in enumerate(items):
        wanted = max(min(weigh(item, part), part), _least(item)) + (index > 0)
        if used + wanted > room:
            return index
        used += wanted
    return len(items)


def _names_kept(fields: dict[str, Any], room: int) -> tuple[list[str], int]:
    """The names for which there is room, and what they weigh with their colons and commas."""
    names: list[str] = []
    named = least = 0
    for name in sorted(fields, key=rank):
        name_weight = weigh(name, room) + 1 + bool(names)
        least += _least(fields[name])
        if named + name_weight + least > room:
            break
        named += name_weight
        names.append(name)
    return names, named


def _shares(values: Sequence[Any], room: int) -> list[int]:
    """What each may weigh: small ones all of it, large ones the same, none less than its least."""
    if not values:
        return []
    weights, leasts = _weights(values, room), [_least(value) for value in values]
    low, high = 0, room
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(_capped(weights, leasts, middle)) <= room else (low, middle - 1)
    return list(_capped(weights, leasts, low))


def _capped(weights: list[int], leasts: list[int], level: int) -> Iterator[int]:
    return (min(weight, max(level, least)) for weight, least in zip(weights, leasts, strict=True))


def _weights(values: Sequence[Any], room: int) -> list[int]:
    """What each weighs, looked at no closer than sharing needs: large ones seem to weigh a bit too much."""
    cap = 4 * room // len(values) + 16
    weights = [weigh(value, cap) for value in values]
    while sum(min(weight, cap) for weight in weights) <= room and cap < room:
        larger = cap * 4
        weights = [
            weigh(value, larger) if weight > cap else weight for value, weight in zip(values, weights, strict=True)
        ]
        cap = larger
    return weights
