"""Two versions of one JSON Schema, side by side.

Every value that may be *given* must be *taken*. For an input, callers give what the schema before described, and the
schema after must take it. For an output it is the other way round: the tool gives what the schema after describes, and
callers take what the schema before promised.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from registry.schemas.tree import Place, Schema, is_schema, resolve, walk

Node = dict[str, Any]

NOTHING: Node = {"not": {}}

_ANNOTATIONS = frozenset(
    [
        *("$anchor", "$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated", "description"),
        *("examples", "readOnly", "title", "writeOnly"),
    ]
)


@dataclass(frozen=True, eq=False)
class Pair:
    """The same place in both versions, references followed."""

    place: Place
    before: Node
    after: Node
    is_input: bool

    @property
    def given(self) -> Node:
        return self.before if self.is_input else self.after

    @property
    def taken(self) -> Node:
        return self.after if self.is_input else self.before


class Versions:
    """Both versions' documents: follows their references, and tells what is the same in both."""

    def __init__(self, before: Schema, after: Schema, *, is_input: bool) -> None:
        self._roots = (before, after)
        self._is_input = is_input
        self._nodes: dict[tuple[int, int], tuple[Schema, Node]] = {}
        self._unchanged = _unchanged_references(before, after)

    def pair(self, place: Place, before: Schema, after: Schema) -> Pair:
        return Pair(place, self._node(0, before), self._node(1, after), self._is_input)

    def are_same(self, before: Any, after: Any) -> bool:
        """Written alike, and what they refer to is written alike, too."""
        return _text(before) == _text(after) and _references(before) <= self._unchanged

    def _node(self, side: int, schema: Schema) -> Node:
        # One object for one schema, so that circles are recognised; the schema is kept so that its id stays its own.
        key = (side, id(schema))
        if key not in self._nodes:
            self._nodes[key] = (schema, _followed(self._roots[side], schema))
        return self._nodes[key][1]


def _followed(root: Schema, schema: Schema) -> Node:
    """The schema as an object without a `$ref`: what it names, and what stands beside it."""
    passed: set[str] = set()
    beside: list[Schema] = []
    while isinstance(schema, dict) and "$ref" in schema and schema["$ref"] not in passed:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        beside += [rest] if assertions(rest) else []
        passed.add(schema["$ref"])
        target = resolve(root, schema["$ref"])
        schema = True if target is None else target
    node = as_node({} if isinstance(schema, dict) and "$ref" in schema else schema)
    if beside:
        return {"allOf": [*beside, node]}
    if assertions(node) == {"allOf"} and len(node["allOf"]) == 1:
        return _followed(root, node["allOf"][0])
    return node


def assertions(node: Node) -> set[str]:
    """The keywords that say what a value has to be."""
    return set(node) - _ANNOTATIONS


def as_node(schema: Any) -> Node:
    if isinstance(schema, dict):
        return schema
    return NOTHING if schema is False else {}


def _unchanged_references(before: Schema, after: Schema) -> frozenset[str]:
    """The references that lead to the same in both versions, however far one follows them."""
    inside = {reference: _references(resolve(before, reference)) for reference in _reachable_references(before)}
    unchanged = {name for name in inside if _text(resolve(before, name)) == _text(resolve(after, name))}
    while True:
        shaken = {name for name in unchanged if not inside[name] <= unchanged}
        if not shaken:
            return frozenset(unchanged)
        unchanged -= shaken


def _reachable_references(root: Schema) -> Iterable[str]:
    found: set[str] = set()
    waiting = [*_references(root)]
    while waiting:
        reference = waiting.pop()
        if reference not in found:
            found.add(reference)
            waiting += _references(resolve(root, reference))
    return found


def _references(part: Any) -> set[str]:
    return {node["$ref"] for _, node, _ in walk(part, Place("")) if "$ref" in node} if is_schema(part) else set()


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True)
