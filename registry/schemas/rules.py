"""What one place of a schema takes less of than it is given: rules that look no deeper. Sentences say was and is."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from registry.schemas.pair import Node, Pair

Finding = tuple[tuple[str | int, ...], str]
"""Steps from the place, and a sentence."""

_TYPES = ("null", "boolean", "object", "array", "number", "integer", "string")
_SHOWN = 60


def local_findings(pair: Pair) -> Iterator[Finding]:
    for rule in _RULES:
        yield from rule(pair)


def _types(pair: Pair) -> Iterator[Finding]:
    if "type" in pair.taken and types_of(pair.given) - types_of(pair.taken):
        yield ("type",), f"The type was {_type_words(pair.before)} and is now {_type_words(pair.after)}."


def types_of(node: Node) -> frozenset[str]:
    """The types a value may have. A number may be an integer."""
    declared = node.get("type", _TYPES)
    if "type" not in node and (values := _values(node)) is not None:
        declared = [_type_of(json.loads(value)) for value in values]
    types = {declared} if isinstance(declared, str) else set(declared)
    return frozenset(types | {"integer"} if "number" in types else types)


def _type_of(value: Any) -> str:
    # bool before int: Python's True is an int.
    kinds = {type(None): "null", bool: "boolean", dict: "object", list: "array", int: "integer", float: "number"}
    return kinds.get(type(value), "string")


def _type_words(node: Node) -> str:
    types = types_of(node)
    if len(types) == len(_TYPES):
        return "free"
    return " or ".join(
        f"`{name}`" for name in _TYPES if name in types and not (name == "integer" and "number" in types)
    )


def _enumerated(pair: Pair) -> Iterator[Finding]:
    given, taken = _values(pair.given), _values(pair.taken)
    if taken is None:
        return
    keyword = ("const" if "const" in pair.taken else "enum",)
    if given is None:
        yield keyword, "Only some values are taken now." if pair.is_input else "There may be other values now."
        return
    for value in given:
        if value not in taken:
            change = "was a value and is no more" if pair.is_input else "is a new value"
            yield keyword, f"`{value[:_SHOWN]}` {change}."


def _values(node: Node) -> list[str] | None:
    """The only values there may be, as JSON; None: they are not enumerated."""
    values = [_json(value) for value in node["enum"]] if "enum" in node else None
    if "const" not in node:
        return values
    const = _json(node["const"])
    return [const] if values is None or const in values else []


def _json(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, sort_keys=True)


def _lower_bounds(pair: Pair) -> Iterator[Finding]:
    for keywords in (("minimum", "exclusiveMinimum"), ("minLength",), ("minItems",), ("minProperties",)):
        given, taken = _lower(pair.given, keywords), _lower(pair.taken, keywords)
        if taken is not None and (given is None or given < taken):
            yield _bound_finding(pair, keywords)


def _upper_bounds(pair: Pair) -> Iterator[Finding]:
    for keywords in (("maximum", "exclusiveMaximum"), ("maxLength",), ("maxItems",), ("maxProperties",)):
        given, taken = _upper(pair.given, keywords), _upper(pair.taken, keywords)
        if taken is not None and (given is None or given > taken):
            yield _bound_finding(pair, keywords)


def _lower(node: Node, keywords: tuple[str, ...]) -> tuple[float, bool] | None:
    bounds = [(node[keyword], keyword.startswith("exclusive")) for keyword in keywords if keyword in node]
    # At least nothing is no bound: a length is never less.
    return max((bound for bound in bounds if len(keywords) == 2 or bound[0] > 0), default=None)


def _upper(node: Node, keywords: tuple[str, ...]) -> tuple[float, bool] | None:
    return min(
        ((node[keyword], not keyword.startswith("exclusive")) for keyword in keywords if keyword in node), default=None
    )


def _bound_finding(pair: Pair, keywords: tuple[str, ...]) -> Finding:
    steps = next(keyword for keyword in keywords if keyword in pair.taken)
    was, now = (_bound_words(node, keywords) for node in (pair.before, pair.after))
    return (steps,), f"There was {was} and is now {now}."


def _bound_words(node: Node, keywords: tuple[str, ...]) -> str:
    words = [f"`{keyword}` {node[keyword]}" for keyword in keywords if keyword in node]
    return " and ".join(words) or f"no `{keywords[0]}`"


def _multiples(pair: Pair) -> Iterator[Finding]:
    taken, given = pair.taken.get("multipleOf"), pair.given.get("multipleOf")
    if taken is not None and (given is None or Fraction(str(given)) % Fraction(str(taken)) != 0):
        yield ("multipleOf",), _was_and_is(pair, "multipleOf")


def _texts(pair: Pair) -> Iterator[Finding]:
    for keyword in ("pattern", "format"):
        if keyword in pair.taken and pair.given.get(keyword) != pair.taken[keyword]:
            yield (keyword,), _was_and_is(pair, keyword)


def _was_and_is(pair: Pair, keyword: str) -> str:
    was, now = (f"`{str(node[keyword])[:_SHOWN]}`" if keyword in node else "free" for node in (pair.before, pair.after))
    return f"`{keyword}` was {was} and is now {now}."


def _uniqueness(pair: Pair) -> Iterator[Finding]:
    if pair.taken.get("uniqueItems") and not pair.given.get("uniqueItems"):
        change = "must be unique now" if pair.is_input else "may repeat now"
        yield ("uniqueItems",), f"Items {change}."


def _required(pair: Pair) -> Iterator[Finding]:
    for name in pair.taken.get("required", []):
        if name not in pair.given.get("required", []):
            change = "is required now" if pair.is_input else "may be missing now"
            yield ("required",), f"`{name[:_SHOWN]}` {change}."


_RULES: tuple[Callable[[Pair], Iterator[Finding]], ...] = (
    _types,
    _enumerated,
    _lower_bounds,
    _upper_bounds,
    _multiples,
    _texts,
    _uniqueness,
    _required,
)
