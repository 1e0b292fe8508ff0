"""Filters of a JSON path (RFC 9535, 2.3.5) that cost the same for every value: `[?@.price < 10 && @.name]`."""

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from jsonpath.filter import (
    BaseExpression,
    FilterExpression,
    FilterExpressionLiteral,
    InfixExpression,
    Nil,
    PrefixExpression,
    RelativeFilterQuery,
)
from jsonpath.selectors import IndexSelector, NameSelector

Test: TypeAlias = Callable[[Any], bool]
_MISSING = object()
_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SCALARS = (FilterExpressionLiteral, Nil)


class UnboundedFilter(ValueError):
    """A filter whose price depends on the document. Its text is a sentence that says what may be used."""

    def __init__(self) -> None:
        super().__init__(
            "A filter of this path does more than it may. Compare `@` and names below it with a string, a number, "
            "true, false or null, ask whether they are there, and join with `&&`, `||` and `!`."
        )


def read_filter(expression: BaseExpression) -> Test:
    """Whether a value passes. Raises UnboundedFilter for functions, for `$` and for comparing two places."""
    match expression:
        case FilterExpression(expression=inner):
            return read_filter(inner)
        case PrefixExpression(operator="!", right=right):
            test = read_filter(right)
            return lambda value: not test(value)
        case InfixExpression(logical=True, left=left, operator=operator, right=right):
            return _joined(operator, read_filter(left), read_filter(right))
        case InfixExpression(left=RelativeFilterQuery() as place, operator=operator, right=right) if _is_scalar(right):
            return _comparison(place, operator, right)
        case InfixExpression(left=left, operator=operator, right=RelativeFilterQuery() as place) if _is_scalar(left):
            return _comparison(place, _MIRRORED.get(operator, operator), left)
        case RelativeFilterQuery():
            find = _place(expression)
            return lambda value: find(value) is not _MISSING
    raise UnboundedFilter


def _joined(operator: str, left: Test, right: Test) -> Test:
    if operator == "&&":
        return lambda value: left(value) and right(value)
    return lambda value: left(value) or right(value)


def _is_scalar(expression: BaseExpression) -> bool:
    return isinstance(expression, _SCALARS)


def _comparison(place: RelativeFilterQuery, operator: str, other: BaseExpression) -> Test:
    find, constant = _place(place), getattr(other, "value", None)
    if operator == "==":
        return lambda value: _equal(find(value), constant)
    if operator == "!=":
        return lambda value: not _equal(find(value), constant)
    if operator not in _ORDER:
        raise UnboundedFilter
    return _ordered(find, operator, constant)


def _ordered(find: Callable[[Any], Any], operator: str, constant: Any) -> Test:
    """Numbers with numbers and strings with strings; `<=` and `>=` also hold for equals of other kinds."""
    compare = _ORDER[operator]

    def test(value: Any) -> bool:
        found = find(value)
        if _kind(found) is not _kind(constant):
            return False
        return compare(found, constant) if _kind(found) in (float, str) else "=" in operator and found == constant

    return test


def _equal(found: Any, constant: Any) -> bool:
    return _kind(found) is _kind(constant) and bool(found == constant)


def _kind(value: Any) -> type:
    """JSON's types: true is no number, as Python has it, and 1 and 1.0 are both."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _place(query: RelativeFilterQuery) -> Callable[[Any], Any]:
    parts = [_part(segment.selectors) for segment in query.path.segments if query.path.singular_query()]
    if len(parts) != len(query.path.segments):
        raise UnboundedFilter

    def find(value: Any) -> Any:
        for part in parts:
            if not isinstance(value, dict if isinstance(part, str) else list):
                return _MISSING
            try:
                value = value[part]
            except (KeyError, IndexError):
                return _MISSING
        return value

    return find


def _part(selectors: tuple[Any, ...]) -> str | int:
    (selector,) = selectors
    if isinstance(selector, NameSelector):
        return selector.name
    if isinstance(selector, IndexSelector):
        return selector.index
    raise UnboundedFilter
