"""Where in a call's input a condition looks: names, indices and `*` of RFC 9535.

Unlike a query it also tells what is missing: of `$.items[*].amount`, an item without an amount.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import IndexSelector, JSONPathSelector, NameSelector, WildcardSelector

LONGEST_PATH = 200
MOST_VALUES = 1_000
"""How many values a path may lead to; more cannot be looked at within a call."""

_SYNTAX = JSONPathEnvironment(strict=True)


class _Missing:
    """Stands where a path leads nowhere."""


MISSING: Final = _Missing()


class BadArgumentPath(ValueError):
    """Its text is a sentence that says what would be right."""


class TooManyValues(ValueError):
    """The path leads to more values than are looked at."""


@dataclass(frozen=True)
class ArgumentPath:
    text: str
    parts: tuple[str | int | None, ...]
    """None: each of them."""

    def values(self, document: Any) -> list[Any]:
        """What is there, MISSING for what is not; empty where `*` meets something empty. Raises TooManyValues."""
        found = [document]
        for part in self.parts:
            found = [inner for value in found for inner in _inside(value, part)]
            if len(found) > MOST_VALUES:
                raise TooManyValues
        return found


def _inside(value: Any, part: str | int | None) -> list[Any]:
    if part is None:
        return _each(value)
    if isinstance(part, str):
        return [value.get(part, MISSING)] if isinstance(value, dict) else [MISSING]
    inside = isinstance(value, list) and -len(value) <= part < len(value)
    return [value[part]] if inside else [MISSING]


def _each(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [MISSING]


@lru_cache(maxsize=2_000)
def read_argument_path(text: str) -> ArgumentPath:
    """Raises BadArgumentPath."""
    if len(text) > LONGEST_PATH:
        raise BadArgumentPath(f"This path is longer than {LONGEST_PATH} characters. Shorten it.")
    try:
        parsed = _SYNTAX.compile(text)
    except JSONPathError as error:
        raise BadArgumentPath("This is not a JSON path (RFC 9535), such as `$.items[*].amount`.") from error
    if not isinstance(parsed, JSONPath):
        raise BadArgumentPath("This is several JSON paths in one. Give one, such as `$.items[*].amount`.")
    if any(
        isinstance(segment, JSONPathRecursiveDescentSegment) or len(segment.selectors) != 1
        for segment in parsed.segments
    ):
        raise _too_much()
    return ArgumentPath(text, tuple(_part(segment.selectors[0]) for segment in parsed.segments))


def _part(selector: JSONPathSelector) -> str | int | None:
    match selector:
        case NameSelector(name=name):
            return name
        case IndexSelector(index=index):
            return index
        case WildcardSelector():
            return None
    raise _too_much()


def _too_much() -> BadArgumentPath:
    return BadArgumentPath(
        "A condition's path has names, indices and `*`, such as `$.items[*].amount`. Use only these."
    )
