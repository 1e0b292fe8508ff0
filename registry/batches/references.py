"""`{"$from": "find", "path": "$.items[0].id"}`: a value that another call gives, wherever in an input it stands.

The whole object is replaced, and the value keeps its type. A singular path (names and indices) gives its value; any
other gives the list of what it finds, which may be empty. Without `path` it is the whole output. What is filled in is
not looked through again. With `"optional": true` a path that leads nowhere leaves out the property or item that the
reference stands for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from accounts.errors import Fault
from integrations.json_paths import json_path
from registry.json_query import BadPath, read_query

MARK = "$from"
INPUT = "input"
"""In a composite, the source that is its own input."""
MOST_REFERENCES = 1_000
"""In all inputs of a batch together, and in the output of a composite."""
_FIELDS = frozenset({MARK, "path", "optional"})


@dataclass(frozen=True)
class Found:
    """A reference and where it stands: its place is written out for a fault only, since it may be long."""

    below: str
    parts: tuple[str | int, ...]
    body: Mapping[str, Any]

    @property
    def place(self) -> str:
        return json_path(self.parts, self.below)

    @property
    def source(self) -> Any:
        return self.body[MARK]


def find_references(value: Any, place: str) -> Iterator[Found]:
    for parts, body in _found(value, []):
        yield Found(place, parts, body)


def _found(value: Any, way: list[str | int]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if isinstance(value, dict) and MARK in value:
        yield tuple(way), value
        return
    for part, inner in _inside(value):
        way.append(part)
        yield from _found(inner, way)
        way.pop()


def _inside(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def check_number(value: Any, place: str) -> list[Fault]:
    """Whether a value holds more references than may be filled in, found without looking at the rest."""
    if next(islice(find_references(value, place), MOST_REFERENCES, None), None) is None:
        return []
    sentence = f"This holds more than {MOST_REFERENCES:,} references. Hand on whole objects, or split it."
    return [Fault(place, sentence)]


def check_reference(found: Found) -> list[Fault]:
    """What is wrong with its form; whether its source exists is the plan's to say."""
    faults = [
        Fault(json_path([name], found.place), f"A reference has `{MARK}`, `path` and `optional`. Leave this out.")
        for name in found.body
        if name not in _FIELDS
    ]
    if not isinstance(found.source, str):
        faults.append(Fault(json_path([MARK], found.place), "Give a call's id."))
    if not isinstance(found.body.get("optional", False), bool):
        faults.append(Fault(json_path(["optional"], found.place), "Give true or false."))
    try:
        read_query(path_of(found.body))
    except TypeError:
        faults.append(Fault(json_path(["path"], found.place), "Give a JSON path as a string, such as `$.items[0].id`."))
    except BadPath as error:
        faults.append(Fault(json_path(["path"], found.place), str(error)))
    return faults


def path_of(body: Mapping[str, Any]) -> str:
    """Raises TypeError when it is no text."""
    path = body.get("path", "$")
    if not isinstance(path, str):
        raise TypeError
    return path
