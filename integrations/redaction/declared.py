"""Which values a JSON Schema declares sensitive: `"x-sensitive": true`, `"writeOnly": true`, `"format": "password"`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from integrations.patterns import BadPattern, read_pattern

_BESIDE = ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas")
_ITEMS = ("items", "prefixItems", "contains", "unevaluatedItems")
_OTHERS = ("additionalProperties", "unevaluatedProperties")


@dataclass(eq=False)
class Declared:
    """What a schema says about one place in a value, and how to go on from there."""

    sensitive: bool = False
    properties: dict[str, "Declared"] = field(default_factory=dict)
    patterns: list[tuple[Callable[[str], bool], "Declared"]] = field(default_factory=list)
    others: list["Declared"] = field(default_factory=list)
    """For properties of any other name."""
    items: list["Declared"] = field(default_factory=list)
    also: list["Declared"] = field(default_factory=list)
    """What holds for the same place: referred to, or one of several alternatives."""


Places = tuple[Declared, ...]

EVERYTHING: Places = (Declared(sensitive=True),)
"""What holds for a value that is sensitive as a whole."""


def declared(schema: Any) -> Places:
    """None at all, most often: then nothing has to be followed."""
    reader = _Reader(schema)
    top = reader.read(schema)
    return _with_all_beside([top]) if reader.any_sensitive else ()


def is_sensitive(places: Places) -> bool:
    return any(place.sensitive for place in places)


def property_of(places: Places, name: str) -> Places:
    found: list[Declared] = []
    for place in places:
        own = [place.properties[name]] if name in place.properties else []
        own += [child for matches, child in place.patterns if matches(name)]
        found += own or place.others
    return _with_all_beside(found)


def items_of(places: Places) -> Places:
    return _with_all_beside([child for place in places for child in place.items])


def _with_all_beside(places: list[Declared]) -> Places:
    found: dict[Declared, None] = {}
    while places:
        place = places.pop()
        if place not in found:
            found[place] = None
            places += place.also
    return tuple(found)


class _Reader:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.any_sensitive = False
        self.referred: dict[str, Declared] = {}

    def read(self, schema: Any) -> Declared:
        place = Declared()
        if isinstance(schema, Mapping):
            self._fill(place, schema)
        return place

    def _fill(self, place: Declared, schema: Mapping[str, Any]) -> None:
        if schema.get("x-sensitive") is True or schema.get("writeOnly") is True or schema.get("format") == "password":
            place.sensitive = self.any_sensitive = True
        for name, child in _named(schema, "properties"):
            place.properties[name] = self.read(child)
        for pattern, child in _named(schema, "patternProperties"):
            place.patterns.append((_matching(pattern), self.read(child)))
        place.others = [self.read(schema[word]) for word in _OTHERS if word in schema]
        place.items = [self.read(child) for word in _ITEMS for child in _several(schema.get(word))]
        place.also = [self.read(child) for word in _BESIDE for child in _several(schema.get(word))]
        if isinstance(reference := schema.get("$ref"), str):
            place.also.append(self._referred(reference))

    def _referred(self, reference: str) -> Declared:
        if reference not in self.referred:
            place = self.referred[reference] = Declared()
            schema = _at(self.root, reference)
            if isinstance(schema, Mapping):
                self._fill(place, schema)
        return self.referred[reference]


def _named(schema: Mapping[str, Any], word: str) -> list[tuple[str, Any]]:
    children = schema.get(word)
    return list(children.items()) if isinstance(children, Mapping) else []


def _several(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def _matching(pattern: str) -> Callable[[str], bool]:
    """Whether a name matches, as the engine has it that validates: in linear time, whatever somebody wrote.

    A pattern of another dialect, which it does not read, matches every name: rather too much than too little.
    """
    try:
        return read_pattern(pattern).finds
    except BadPattern:
        return lambda name: True


def _at(root: Any, reference: str) -> Any:
    """What a reference within the schema points at. There are no others: publishing refuses remote ones."""
    for written in reference.removeprefix("#").split("/")[1:]:
        step = unquote(written).replace("~1", "/").replace("~0", "~")
        if isinstance(root, Mapping):
            root = root.get(step)
        elif isinstance(root, list) and step.isdigit() and int(step) < len(root):
            root = root[int(step)]
        else:
            return None
    return root
