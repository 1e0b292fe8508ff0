"""Schemas as providers take them: objects at the root, nothing to follow, no larger than a model should read.

References are written out, since strict modes and several providers take none. Where a schema stands inside of itself,
and below a given depth, an object is described by the names of its properties alone; it still takes everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.openapi import scalars
from integrations.openapi.flat import START, Open, Recursive, branches_of, flat, required_of
from integrations.openapi.names import is_legal, nested_name, says_only
from integrations.openapi.prose import plain, shortened
from integrations.openapi.references import Dangling, References

DEEPEST = 40
"""Lists, alternatives and objects inside one another, whatever the detail: below that everything is an object."""
MOST_BRANCHES = 6
MOST_PROPERTIES = 150
"""Of an object inside of an input."""


class TooLarge(Exception):
    """The schema comes to more characters than it may."""


@dataclass(frozen=True)
class Detail:
    """How much of a schema is told."""

    depth: int
    """Objects inside of objects."""
    words: int
    """Characters of a description; 0: none."""
    most: int
    """Characters of everything, roughly."""


class Writer:
    """Writes the schemas of one action, with one detail for all of them together."""

    def __init__(self, references: References, detail: Detail) -> None:
        self._references = references
        self._detail = detail
        self._left = detail.most
        self._nesting = 0
        self.renamed: dict[str, str] = {}
        """Keys inside of values that no provider accepts as they are: the name given to the real one."""
        self.dangling: set[str] = set()
        self.is_cut = False
        """Something was left out for its depth or size."""

    def write(self, schema: Any, *, open_: Open = START, depth: int | None = None, name: str = "") -> dict[str, Any]:
        """The schema of what is called `name`. Raises TooLarge when more was written than the detail allows."""
        depth = self._detail.depth if depth is None else depth
        self._nesting += 1
        try:
            return self._followed(schema, open_, depth, name)
        finally:
            self._nesting -= 1

    def _followed(self, schema: Any, open_: Open, depth: int, name: str) -> dict[str, Any]:
        try:
            if self._nesting > DEEPEST:
                raise Recursive
            found, open_ = flat(schema, self._references, open_)
        except Dangling as dangling:
            self.dangling.add(str(dangling))
            return {}
        except Recursive:
            self.is_cut = True
            return {"type": "object"}
        if says_only(str(found.get("description", "")), name):
            found = {key: value for key, value in found.items() if key != "description"}
        return self._written(found, open_, depth)

    def _written(self, schema: dict[str, Any], open_: Open, depth: int) -> dict[str, Any]:
        kinds, nullable = scalars.kinds_of(schema)
        branches = branches_of(schema)
        if branches and not isinstance(schema.get("properties"), dict):
            return self._alternatives(schema, branches, open_, depth, nullable)
        written: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
        choices, told = scalars.choices(schema, kinds, nullable=nullable)
        if nullable and kinds:
            written["type"] = [*kinds, "null"]
        written.update({"enum": choices} if choices else {})
        written.update(scalars.keywords_of(schema, kinds))
        self._spend(sum(len(str(value)) + 12 for value in written.values()))
        notes = [told, "Base64." if scalars.is_base64(schema) else ""]
        if "object" in kinds:
            notes.append(self._fill_object(written, schema, open_, depth))
        if "array" in kinds:
            written["items"] = self.write(schema.get("items", {}), open_=open_, depth=depth)
        if "string" in kinds and not choices and "format" not in written:
            self._show_example(written, schema)
        return self._told(written, *notes, schema=schema)

    def _alternatives(
        self, schema: dict[str, Any], branches: list[Any], open_: Open, depth: int, nullable: bool
    ) -> dict[str, Any]:
        written, null = [], nullable
        for branch in branches[:MOST_BRANCHES]:
            one = self.write(branch, open_=open_, depth=depth - 1 if depth > 0 else 0)
            null = null or one == {"type": "null"} or _is_only_null(branch)
            if one not in written and not _is_only_null(branch):
                written.append(one)
        self.is_cut = self.is_cut or len(branches) > MOST_BRANCHES
        if len(branches) > MOST_BRANCHES and all(one.get("type") == "object" for one in written):
            written = [{"type": "object"}]
        return self._told(_one_of(written, null), schema=schema)

    def _fill_object(self, written: dict[str, Any], schema: dict[str, Any], open_: Open, depth: int) -> str:
        """Its properties, or words on them where they are too deep."""
        properties = properties_of(schema, self._references)
        if not properties:
            values = schema.get("additionalProperties")
            if isinstance(values, dict) and values and depth > 0:
                written["additionalProperties"] = self.write(values, open_=open_, depth=depth - 1)
            return ""
        if depth <= 0:
            self.is_cut = True
            return shortened(f"Fields: {', '.join(properties)}", 2 * self._detail.words) if self._detail.words else ""
        if len(properties) > MOST_PROPERTIES:
            self.is_cut = True
            needed = set(required_of(schema))
            first = list(properties)[:MOST_PROPERTIES]
            properties = {name: one for name, one in properties.items() if name in needed or name in first}
        names = {name: self._nested_name(name, properties) for name in properties}
        written["properties"] = {
            names[name]: self.write(one, open_=open_, depth=depth - 1, name=name) for name, one in properties.items()
        }
        required = [names[name] for name in required_of(schema) if name in names]
        if required:
            written["required"] = list(dict.fromkeys(required))
        self._spend(sum(len(name) + 6 for name in [*names.values(), *required]))
        return ""

    def _nested_name(self, name: str, beside: Mapping[str, Any]) -> str:
        if is_legal(name):
            return name
        known = next((legal for legal, real in self.renamed.items() if real == name and legal not in beside), None)
        legal = known or nested_name(name, {*beside, *self.renamed})
        self.renamed[legal] = name
        return legal

    def _show_example(self, written: dict[str, Any], schema: dict[str, Any]) -> None:
        example = scalars.example_of(schema)
        if example and self._detail.words and example != written.get("default"):
            written["examples"] = [example]
            self._spend(len(example) + 16)

    def _told(self, written: dict[str, Any], *notes: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """With its description, right behind the type."""
        words = [plain((schema or {}).get("description"), self._detail.words), *notes]
        description = " ".join(word for word in words if word)
        self._spend(len(description) + 20)
        if not description:
            return written
        kind = {"type": written["type"]} if "type" in written else {}
        return {**kind, "description": description, **written}

    def _spend(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise TooLarge


def properties_of(schema: Mapping[str, Any], references: References) -> dict[str, Any]:
    """What a caller may send: without what the service alone writes, and what it wants nobody to use any more."""
    written = schema.get("properties")
    required = set(required_of(dict(schema)))
    return {
        name: one
        for name, one in (written.items() if isinstance(written, dict) else ())
        if isinstance(name, str) and name and not _is_left_out(one, references, needed=name in required)
    }


def _is_left_out(schema: Any, references: References, *, needed: bool) -> bool:
    try:
        found = references.follow(schema)
    except Dangling:
        return False
    if not isinstance(found, dict):
        return found is False
    return found.get("readOnly") is True or (found.get("deprecated") is True and not needed)


def _is_only_null(schema: Any) -> bool:
    return isinstance(schema, dict) and (schema.get("type") == "null" or schema.get("enum") == [None])


def _one_of(written: list[dict[str, Any]], nullable: bool) -> dict[str, Any]:
    """Alternatives as one schema, where one says the same."""
    null = ["null"] if nullable else []
    if len(written) == 1:
        one = written[0]
        kind = one.get("type")
        return {**one, "type": [kind, "null"]} if nullable and isinstance(kind, str) and "enum" not in one else one
    if all(set(one) == {"type"} and isinstance(one["type"], str) for one in written):
        kinds = [*dict.fromkeys(one["type"] for one in written), *null]
        return {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
    return {"anyOf": [*written, *({"type": "null"} for _ in null)]}
