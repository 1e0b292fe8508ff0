"""Walking a JSON Schema (draft 2020-12): which keywords hold subschemas, and what a `$ref` names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import unquote

from integrations.json_paths import json_path

Schema = dict[str, Any] | bool

ONE = frozenset(
    [
        *("additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"),
        *("unevaluatedItems", "unevaluatedProperties"),
    ]
)
SEVERAL = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
NAMED = frozenset(["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"])

LONGEST_STEP = 80

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Written out only for a fault: long names in deep schemas would make many long strings."""

    step: str | int
    parent: "Place | None" = None

    def at(self, *steps: str | int) -> "Place":
        place = self
        for step in steps:
            place = Place(step, place)
        return place

    def __str__(self) -> str:
        steps: list[str | int] = []
        place = self
        while place.parent is not None:
            steps.append(place.step[:LONGEST_STEP] if isinstance(place.step, str) else place.step)
            place = place.parent
        return json_path(reversed(steps), str(place.step))


def is_schema(value: object) -> TypeGuard[Schema]:
    return isinstance(value, dict | bool)


def children(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    """The subschemas standing directly in this one, each with the steps to it. What is malformed is passed over."""
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        if keyword in ONE and is_schema(value):
            yield (keyword,), value
        elif keyword in SEVERAL and isinstance(value, list):
            yield from (((keyword, index), item) for index, item in enumerate(value) if is_schema(item))
        elif keyword in NAMED and isinstance(value, dict):
            yield from (((keyword, name), item) for name, item in value.items() if is_schema(item))


def walk(schema: Schema, place: Place) -> Iterator[tuple[Place, dict[str, Any], int]]:
    """This schema and all that stand in it, outermost first: place, schema and depth. References are not followed."""
    waiting: list[tuple[Place, Schema, int]] = [(place, schema, 1)]
    while waiting:
        here, one, depth = waiting.pop()
        if isinstance(one, dict):
            yield here, one, depth
            waiting += [(here.at(*steps), child, depth + 1) for steps, child in children(one)]


def resolve(root: Schema, reference: str) -> Schema | None:
    """What `#` or `#/…` (RFC 6901) names in `root`; None when there is no schema at that place."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    place: Any = root
    for part in reference.split("/")[1:]:
        place = _inside(place, unquote(part).replace("~1", "/").replace("~0", "~"))
    return place if is_schema(place) else None


def _inside(place: Any, name: str) -> Any:
    if isinstance(place, dict):
        return place.get(name)
    if isinstance(place, list) and _INDEX.fullmatch(name) and int(name) < len(place):
        return place[int(name)]
    return None
