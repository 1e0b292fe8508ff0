"""Filling references in, each value with its masked form beside it: what may not be stored of a call may not be stored
of those that it is handed on to either.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.redaction import as_masked
from registry.batches.references import INPUT, MARK, path_of
from registry.batches.types import Filled, Source
from registry.json_query import MOST_STEPS, NothingThere, Steps, TooMuchToRead, read_query

_MASKS = ("[redacted:", "[hashed:")
"""How integrations/redaction begins what it puts in the place of a secret."""


class Unfillable(Exception):
    """A reference for which there is no value. Its text is a sentence about `source`, the call it is to come from."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        super().__init__(reason)


class Filler:
    """Fills one input, and keeps count of how large it becomes, since a few references can name the same megabytes, and
    of how much it looks at.
    """

    def __init__(self, sources: Mapping[str, Source], *, lenient: bool = False) -> None:
        """Lenient, a path that leads nowhere gives null."""
        self._sources = sources
        self._lenient = lenient
        self._left = settings.REQUEST_BODY_LIMIT_BYTES
        self._steps = Steps()
        self._steps_masked = Steps()

    def fill(self, value: Any) -> Filled:
        """The value without references. Raises Unfillable."""
        filled = self._filled(value) or Filled({}, {})
        return Filled(filled.value, filled.value) if filled.masked == filled.value else filled

    def _filled(self, value: Any) -> Filled | None:
        """None: it is left out."""
        if isinstance(value, dict):
            if MARK in value:
                return self._look_up(value[MARK], value)
            pairs = [(name, filled) for name, inner in value.items() if (filled := self._filled(inner))]
            return Filled({name: one.value for name, one in pairs}, {name: one.masked for name, one in pairs})
        if isinstance(value, list):
            items = [filled for inner in value if (filled := self._filled(inner))]
            return Filled([one.value for one in items], [one.masked for one in items])
        return Filled(value, value)

    def _look_up(self, name: str, body: Mapping[str, Any]) -> Filled | None:
        source, path = self._source(name), path_of(body)
        try:
            found = read_query(path).value(source.output, self._steps)
        except NothingThere as error:
            if body.get("optional"):
                return None
            if self._lenient:
                return Filled(None, None)
            raise Unfillable(name, f"{_named(name)} has nothing at `{path}`.") from error
        except TooMuchToRead as error:
            raise Unfillable(
                name,
                f"{_named(name)} is too large for `{path}`: all paths of one input may look at {MOST_STEPS:,} "
                "values. Name the place.",
            ) from error
        self._count(name, source, found)
        return Filled(found, self._masked(path, source, found))

    def _source(self, name: str) -> Source:
        source = self._sources.get(name)
        if source is None:
            raise Unfillable(name, f"`{name}` gave no output.")
        if source.in_part:
            raise Unfillable(
                name,
                f"`{name}` was called before, under this Idempotency-Key, and its output was too large to be kept "
                "here whole. Send the batch with a new key.",
            )
        return source

    def _count(self, name: str, source: Source, found: Any) -> None:
        text = found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))
        self._left -= len(text)
        if self._left < 0:
            raise Unfillable(name, f"With what `{name}` gave, the input is larger than an input may be.")
        if source.is_stored and any(mask in text for mask in _MASKS):
            raise Unfillable(
                name,
                f"`{name}` was called before, under this Idempotency-Key, and what is secret of its output was not "
                "kept. Send the batch with a new key.",
            )

    def _masked(self, path: str, source: Source, found: Any) -> Any:
        """What is not known to stand at the same place of the masked form is taken for secret."""
        if source.masked is source.output:
            return found
        try:
            shown = read_query(path).value(source.masked, self._steps_masked)
        except (NothingThere, TooMuchToRead):
            shown = None
        return as_masked(found, shown)


def _named(source: str) -> str:
    return "The input" if source == INPUT else f"The output of `{source}`"
