"""Following `$ref` in a document whose parts are all at hand (`integrations/openapi/bundle.py` sees to that)."""

import re
from typing import Any
from urllib.parse import unquote

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_LONGEST_CHAIN = 50


class Dangling(Exception):
    """The reference leads nowhere, or in a circle."""


class References:
    """What the references of one document mean; each is looked up once."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._found: dict[str, Any] = {}

    def follow(self, value: Any) -> Any:
        """What stands there in the end, with what stood beside the `$ref`s laid over it. Raises Dangling."""
        beside: dict[str, Any] = {}
        for _ in range(_LONGEST_CHAIN):
            reference = reference_of(value)
            if reference is None:
                return {**value, **beside} if beside and isinstance(value, dict) else value
            if len(value) > 1:
                beside = {**{key: inner for key, inner in value.items() if key != "$ref"}, **beside}
            value = self.look_up(reference)
        raise Dangling("references that lead in a circle")

    def look_up(self, reference: str) -> Any:
        """What a `#/…` (RFC 6901) names. Raises Dangling."""
        if reference not in self._found:
            self._found[reference] = self._walk(reference)
        found = self._found[reference]
        if found is _NOTHING:
            raise Dangling(reference)
        return found

    def _walk(self, reference: str) -> Any:
        if reference == "#":
            return self._root
        if not reference.startswith("#/"):
            return _NOTHING
        place = self._root
        for step in reference[2:].split("/"):
            place = _inside(place, unquote(step).replace("~1", "/").replace("~0", "~"))
        return place


def reference_of(value: Any) -> str | None:
    """The `$ref` of a value that is one. A property may be called `$ref`, too; then it is no text."""
    reference = value.get("$ref") if isinstance(value, dict) else None
    return reference if isinstance(reference, str) else None


_NOTHING = object()


def _inside(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return place.get(step, _NOTHING)
    if isinstance(place, list) and _INDEX.fullmatch(step) and int(step) < len(place):
        return place[int(step)]
    return _NOTHING
