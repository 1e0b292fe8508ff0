"""One schema out of many: references followed, `allOf` merged, alternatives laid over one another."""

from collections.abc import Iterator
from typing import Any

from integrations.openapi.references import Dangling, References, reference_of

Open = frozenset[str]
"""The references that were followed on the way to a schema: one that is met again is recursion."""
START: Open = frozenset()

_DEEPEST = 60
_DEEPEST_UNION = 1
_MOST_ALTERNATIVES = 40
_LONGEST_WAY = 100


class Recursive(Exception):
    """A schema stands inside of itself."""


def flat(schema: Any, references: References, open_: Open = START) -> tuple[dict[str, Any], Open]:
    """The schema with nothing to follow at its top, and what was followed for it. Raises Dangling and Recursive."""
    return _flat(schema, references, open_, set(), 0)


def _flat(
    schema: Any, references: References, open_: Open, merged_in: set[str], depth: int
) -> tuple[dict[str, Any], Open]:
    """`merged_in` are the references whose schemas are part of this one by now: twice is once."""
    if depth > _DEEPEST:
        raise Recursive
    found, open_ = _followed(schema, references, open_, merged_in)
    parts = found.get("allOf")
    if not isinstance(parts, list):
        return found, open_
    whole = {key: value for key, value in found.items() if key != "allOf"}
    for part in parts:
        try:
            inner, _ = _flat(part, references, open_, merged_in, depth + 1)
        except (Dangling, Recursive):
            continue  # the other parts say enough to go on
        whole = merged(whole, inner)
    return whole, open_


def _followed(schema: Any, references: References, open_: Open, merged_in: set[str]) -> tuple[dict[str, Any], Open]:
    beside: dict[str, Any] = {}
    while (reference := reference_of(schema)) is not None:
        if reference in open_ or reference in merged_in or len(open_) > _LONGEST_WAY:
            raise Recursive
        if len(schema) > 1:
            beside = {**{key: value for key, value in schema.items() if key != "$ref"}, **beside}
        open_ |= {reference}
        merged_in.add(reference)
        schema = references.look_up(reference)
    if not isinstance(schema, dict):
        return beside, open_
    return {**schema, **beside} if beside else schema, open_


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both at once; where they differ, the first speaks."""
    whole = {**second, **{key: value for key, value in first.items() if value is not None}}
    properties = [schema.get("properties") for schema in (second, first)]
    if all(isinstance(one, dict) for one in properties):
        whole["properties"] = _both(*properties)
    required = [name for one in (second, first) for name in required_of(one)]
    if required:
        whole["required"] = list(dict.fromkeys(required))
    return whole


def _both(second: Any, first: Any) -> dict[str, Any]:
    """A property that both describe is described by both."""
    return {
        **second,
        **{name: {"allOf": [schema, second[name]]} if name in second else schema for name, schema in first.items()},
    }


def required_of(schema: dict[str, Any]) -> list[str]:
    written = schema.get("required")
    return [name for name in written if isinstance(name, str)] if isinstance(written, list) else []


def branches_of(schema: dict[str, Any]) -> list[Any]:
    """The alternatives of a schema, whichever way they are written."""
    for keyword in ("oneOf", "anyOf"):
        written = schema.get(keyword)
        if isinstance(written, list) and written:
            return written
    return []


def united(
    schema: dict[str, Any], references: References, open_: Open, depth: int = 0
) -> tuple[dict[str, Any], list[list[str]]] | None:
    """A schema that is an object, with the properties of all its alternatives, and what each of these requires.

    None where one of them is no object, or too deep. Only what all of them require is required.
    """
    if depth > _DEEPEST_UNION:
        return None
    alternatives = list(_alternatives(schema, references, open_, depth))
    if any(one is None for one in alternatives):
        return None
    whole = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "discriminator")}
    objects = [one for one in alternatives if one is not None]
    for one in objects:
        kept = {key: value for key, value in one.items() if key in ("properties", "additionalProperties")}
        whole = _laid_over(whole, kept)
    needs = [[*dict.fromkeys(required_of(one))] for one in objects]
    common = [name for name in (needs[0] if needs else []) if all(name in one for one in needs)]
    whole["required"] = list(dict.fromkeys([*required_of(schema), *common]))
    return whole, [[name for name in one if name not in whole["required"]] for one in needs]


def _alternatives(
    schema: dict[str, Any], references: References, open_: Open, depth: int
) -> Iterator[dict[str, Any] | None]:
    for branch in branches_of(schema)[:_MOST_ALTERNATIVES]:
        try:
            found, inner_open = flat(branch, references, open_)
        except (Dangling, Recursive):
            continue
        if found.get("type", "object") != "object" or "items" in found or "enum" in found:
            yield None if found.get("type") != "null" else {}
            continue
        deeper = united(found, references, inner_open, depth + 1) if branches_of(found) else (found, [])
        yield deeper[0] if deeper else None


def _laid_over(whole: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Choices of a property that differ between alternatives, as those of the one that tells them apart, are joined."""
    properties = {**other.get("properties", {})} if isinstance(other.get("properties"), dict) else {}
    own = whole.get("properties") if isinstance(whole.get("properties"), dict) else {}
    assert isinstance(own, dict)  # noqa: S101  for the reader of types
    for name, schema in own.items():
        properties[name] = _joined_choices(schema, properties[name]) if name in properties else schema
    return {**other, **whole, "properties": {**dict.fromkeys(own), **properties}}


def _joined_choices(first: Any, second: Any) -> Any:
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return first
    choices = [one.get("enum", [one["const"]] if "const" in one else None) for one in (first, second)]
    if not all(isinstance(one, list) for one in choices):
        return first
    every = [value for one in choices for value in one or []]
    return {**{key: value for key, value in first.items() if key != "const"}, "enum": every}
