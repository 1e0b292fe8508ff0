"""`{"$from": "find", "path": "$.items[0].id"}`: a value that another call gives, wherever in an input it stands.

The whole object is replaced, and the value keeps its type. A singular path (names and indices) gives its value; any
other gives the list of what it finds, which may be empty. Without `path` it is the whole output. What is filled in is
not looked through again. With `"optional": true` a path that leads nowhere leaves out the property or item that the
reference stands for.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings

from accounts.errors import Fault
from registry.json_paths import json_path
from registry.json_query import MOST_STEPS, BadPath, NothingThere, Steps, TooMuchToRead, read_query

MARK = "$from"
INPUT = "input"
"""In a composite, the source that is its own input."""
_MASKS = ("[redacted:", "[hashed:")
"""How integrations/redaction begins what it puts in the place of a secret."""
MOST_REFERENCES = 1_000
"""In all inputs of a batch together, and in the output of a composite."""
_FIELDS = frozenset({MARK, "path", "optional"})
_LEFT_OUT = object()


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


class Unfillable(Exception):
    """A reference for which there is no value. Its text is a sentence about `source`, the call it is to come from."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        super().__init__(reason)


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
        read_query(_path(found.body))
    except TypeError:
        faults.append(Fault(json_path(["path"], found.place), "Give a JSON path as a string, such as `$.items[0].id`."))
    except BadPath as error:
        faults.append(Fault(json_path(["path"], found.place), str(error)))
    return faults


def _path(body: Mapping[str, Any]) -> str:
    path = body.get("path", "$")
    if not isinstance(path, str):
        raise TypeError
    return path


class Filler:
    """Fills one input, and keeps count of how large it becomes, since a few references can name the same megabytes, and
    of how much it looks at.
    """

    def __init__(
        self,
        outputs: Mapping[str, Any],
        stored: Collection[str] = (),
        in_part: Collection[str] = (),
        *,
        lenient: bool = False,
    ) -> None:
        """`stored` are the sources whose outputs are stored forms: what was secret in them is masked.

        `in_part` are those of which a part is stored: their rest is an artifact. Lenient, a path that leads nowhere
        gives null.
        """
        self._lenient = lenient
        self._outputs = outputs
        self._stored = stored
        self._in_part = in_part
        self._left = settings.REQUEST_BODY_LIMIT_BYTES
        self._steps = Steps()

    def fill(self, value: Any) -> Any:
        """The value without references. Raises Unfillable."""
        filled = self._filled(value)
        return {} if filled is _LEFT_OUT else filled

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            if MARK in value:
                return self._look_up(value)
            pairs = ((name, self._filled(inner)) for name, inner in value.items())
            return {name: filled for name, filled in pairs if filled is not _LEFT_OUT}
        if isinstance(value, list):
            return [filled for inner in value if (filled := self._filled(inner)) is not _LEFT_OUT]
        return value

    def _look_up(self, body: Mapping[str, Any]) -> Any:
        source, path = body[MARK], _path(body)
        if source in self._in_part:
            raise Unfillable(
                source,
                f"`{source}` was called before, under this Idempotency-Key, and its output was too large to be kept "
                "here whole. Send the batch with a new key.",
            )
        try:
            found = read_query(path).value(self._outputs[source], self._steps)
        except KeyError as error:
            raise Unfillable(source, f"`{source}` gave no output.") from error
        except NothingThere as error:
            if body.get("optional"):
                return _LEFT_OUT
            if self._lenient:
                return None
            raise Unfillable(source, f"{_named(source)} has nothing at `{path}`.") from error
        except TooMuchToRead as error:
            raise Unfillable(
                source,
                f"{_named(source)} is too large for `{path}`: all paths of one input may look at {MOST_STEPS:,} "
                "values. Name the place.",
            ) from error
        text = found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))
        self._left -= len(text)
        if self._left < 0:
            raise Unfillable(source, f"With what `{source}` gave, the input is larger than an input may be.")
        if source in self._stored and any(mask in text for mask in _MASKS):
            raise Unfillable(
                source,
                f"`{source}` was called before, under this Idempotency-Key, and what is secret of its output was not "
                "kept. Send the batch with a new key.",
            )
        return found


def _named(source: str) -> str:
    return "The input" if source == INPUT else f"The output of `{source}`"
