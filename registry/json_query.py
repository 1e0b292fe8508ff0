"""JSON paths (RFC 9535) that anybody may write and any document may meet: parsed by a library, walked in bounded steps.

The library's own walk can be made to take for ever: unions multiply, a second `..` squares, a filter compares whole
documents. So names, indices, slices, `*`, one `..` and filters that compare with a constant are what there is here,
and a walk ends after MOST_STEPS values. A path of names and indices alone is singular: it gives one value or nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath.selectors import (
    Filter,
    IndexSelector,
    JSONPathSelector,
    NameSelector,
    SliceSelector,
    WildcardSelector,
)

from registry.json_filter import Test, UnboundedFilter, read_filter

LONGEST_PATH = 500
MOST_SEGMENTS = 32
MOST_STEPS = 50_000
"""How many values one walk looks at: some 20 ms."""

_SYNTAX = JSONPathEnvironment(strict=True)
Selector = Callable[[Any], Iterable[Any]]


class BadPath(ValueError):
    """A path that cannot be used. Its text is a sentence that says why."""


class TooMuchToRead(ValueError):
    """The walk was given up: the path leads to too many values."""


class NothingThere(ValueError):
    """A singular path that leads nowhere in this document."""


@dataclass(frozen=True)
class JsonQuery:
    """A path that was read. Reading the same one again costs nothing."""

    text: str
    singular: bool
    _parts: tuple[str | int, ...]
    """Of a singular path."""
    _steps: tuple["_Step", ...]
    """Of any other."""

    @property
    def first_name(self) -> str | None:
        """The property of the document that a singular path begins with; None for any other path."""
        return self._parts[0] if self._parts and isinstance(self._parts[0], str) else None

    def value(self, document: Any, steps: "Steps | None" = None) -> Any:
        """The value of a singular path, the list of all values of another, empty when there are none.

        Several walks may share their `steps`. Raises NothingThere for a singular path only, and TooMuchToRead for
        another only.
        """
        return self._one(document) if self.singular else list(self._all(document, steps or Steps()))

    def _one(self, document: Any) -> Any:
        found = document
        for part in self._parts:
            if not isinstance(found, dict if isinstance(part, str) else list):
                raise NothingThere
            try:
                found = found[part]
            except (KeyError, IndexError) as error:
                raise NothingThere from error
        return found

    def _all(self, document: Any, steps: "Steps") -> Iterator[Any]:
        found: Iterable[Any] = [document]
        for step in self._steps:
            found = step.taken(steps, found)
        return iter(found)


class Steps:
    """How many values may still be looked at."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def spend(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self.left -= 1
            if self.left < 0:
                raise TooMuchToRead
            yield value


@dataclass(frozen=True)
class _Step:
    everywhere: bool
    """Whether all descendants are meant."""
    choose: Selector
    test: Test | None

    def taken(self, steps: Steps, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            for place in steps.spend(_with_descendants(value)) if self.everywhere else (value,):
                chosen = steps.spend(self.choose(place))
                yield from chosen if self.test is None else filter(self.test, chosen)


def _with_descendants(value: Any) -> Iterator[Any]:
    """In the order of the document, and without recursion."""
    waiting = [iter((value,))]
    while waiting:
        for place in waiting[-1]:
            yield place
            waiting.append(iter(_children(place)))
            break
        else:
            waiting.pop()


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@lru_cache(maxsize=2_000)
def read_query(path: str) -> JsonQuery:
    """The path, ready to be walked. Raises BadPath with a sentence that says what would be right."""
    if len(path) > LONGEST_PATH:
        raise BadPath(f"This path is longer than {LONGEST_PATH} characters. Shorten it.")
    try:
        parsed = _SYNTAX.compile(path)
    except JSONPathError as error:
        raise BadPath(f"This is not a JSON path (RFC 9535), such as `$.items[0].id`{_reason(error)}.") from error
    if not isinstance(parsed, JSONPath):
        raise BadPath("This is several JSON paths in one. Give one, such as `$.items[0].id`.")
    return _read_segments(path, parsed.segments)


def _reason(error: JSONPathError) -> str:
    """Not `str(error)`, which wants to point at the place and fails where there is none."""
    reason = str(error.args[0]) if error.args else ""
    return f": {reason}" if reason and "TOKEN" not in reason else ""


def _read_segments(path: str, segments: tuple[JSONPathSegment, ...]) -> JsonQuery:
    if len(segments) > MOST_SEGMENTS:
        raise BadPath(f"This path has more than {MOST_SEGMENTS} segments. Shorten it.")
    deep = [isinstance(segment, JSONPathRecursiveDescentSegment) for segment in segments]
    if sum(deep) > 1:
        raise BadPath("This path has `..` more than once. Name what is between.")
    selectors = [_only_selector(segment) for segment in segments]
    parts = tuple(_part(selector) for selector in selectors if isinstance(selector, NameSelector | IndexSelector))
    singular = len(parts) == len(segments) and not any(deep)
    if singular:
        return JsonQuery(path, True, parts, ())
    return JsonQuery(path, False, (), tuple(map(_step, deep, selectors)))


def _only_selector(segment: JSONPathSegment) -> JSONPathSelector:
    first, *others = segment.selectors
    if others:
        raise BadPath("A bracket of this path holds several selectors. Give one, and another path for the others.")
    return first


def _part(selector: NameSelector | IndexSelector) -> str | int:
    return selector.name if isinstance(selector, NameSelector) else selector.index


def _step(everywhere: bool, selector: JSONPathSelector) -> _Step:
    if isinstance(selector, Filter):
        return _Step(everywhere, _children, _read_filter(selector))
    return _Step(everywhere, _selector(selector), None)


def _selector(selector: JSONPathSelector) -> Selector:
    match selector:
        case NameSelector(name=name):
            return lambda value: (value[name],) if isinstance(value, dict) and name in value else ()
        case IndexSelector(index=index):
            return lambda value: value[index : index + 1 or None] if isinstance(value, list) else ()
        case SliceSelector(slice=slice_):
            return lambda value: value[slice_] if isinstance(value, list) and slice_.step != 0 else ()
        case WildcardSelector():
            return _children
    raise BadPath("This path has a selector that is not part of RFC 9535. Use names, indices, slices, `*` or filters.")


def _read_filter(selector: Filter) -> Test:
    try:
        return read_filter(selector.expression)
    except UnboundedFilter as error:
        raise BadPath(str(error)) from error
