"""The keywords of texts, numbers and choices, as draft 2020-12 has them and every provider takes them."""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

KINDS = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
MOST_CHOICES = 60
LONGEST_CHOICES = 900
"""Characters of all choices together; what comes to more is told by its first few in the description."""

_OTHER_WORDS = {
    **dict.fromkeys(("int", "int32", "int64", "long", "short", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(
        ("text", "str", "date", "datetime", "date-time", "uuid", "uri", "file", "binary", "byte"), "string"
    ),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("list", "set"), "array"),
    **dict.fromkeys(("map", "dict", "json"), "object"),
}
_FORMATS = {
    **{
        name: name
        for name in ("date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri")
    },
    "url": "uri",
    "datetime": "date-time",
    "guid": "uuid",
}
_BASE64 = frozenset({"byte", "base64", "base64url"})
_LONGEST_PATTERN = 120
_LONGEST_TEXT = 1_000
_LARGEST_NUMBER = 2**53
_LONGEST_DEFAULT = 60
_LONGEST_EXAMPLE = 40
_STANDS_FOR = re.compile(r"\{\{|<|YOUR_|^(?:string|text|example|[x*.]+)$", re.IGNORECASE)


def kinds_of(schema: Mapping[str, Any]) -> tuple[list[str], bool]:
    """The types that a schema names, or shows by its other keywords, and whether it may be null."""
    written = schema.get("type")
    words = written if isinstance(written, list) else [written]
    kinds = [_OTHER_WORDS.get(word, word) for word in words if isinstance(word, str)]
    kinds = list(dict.fromkeys(kind for kind in kinds if kind in KINDS))
    nullable = "null" in kinds or schema.get("nullable") is True or schema.get("x-nullable") is True
    kinds = [kind for kind in kinds if kind != "null"]
    return kinds or _shown(schema), nullable


def _shown(schema: Mapping[str, Any]) -> list[str]:
    if isinstance(schema.get("properties"), dict) or isinstance(schema.get("additionalProperties"), dict):
        return ["object"]
    if "items" in schema:
        return ["array"]
    choices = [choice for choice in choices_of(schema) if choice is not None]
    if choices and all(isinstance(choice, str) for choice in choices):
        return ["string"]
    return []


def choices_of(schema: Mapping[str, Any]) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    written = schema.get("enum")
    return written if isinstance(written, list) else []


def keywords_of(schema: Mapping[str, Any], kinds: list[str]) -> dict[str, Any]:
    """Bounds, formats and defaults that hold for these types; what does not is left out."""
    found: dict[str, Any] = {}
    if "string" in kinds:
        found.update(_of_text(schema))
    if "integer" in kinds or "number" in kinds:
        found.update(_of_number(schema))
    if "array" in kinds:
        found.update(_sizes(schema, "minItems", "maxItems"))
    default = schema.get("default")
    if default not in (None, "") and _is_short(default, _LONGEST_DEFAULT) and _fits(default, kinds):
        found["default"] = default
    return found


def choices(schema: Mapping[str, Any], kinds: list[str], *, nullable: bool) -> tuple[list[Any], str]:
    """The values to choose from, and, where they are too many to list, words on the first of them instead."""
    values = [_as_kind(value, kinds) for value in choices_of(schema) if _is_short(value, _LONGEST_TEXT)]
    plain = [exact.value for exact in dict.fromkeys(map(_Exact, values))]
    if len(plain) <= MOST_CHOICES and len(json.dumps(plain)) <= LONGEST_CHOICES:
        return [*plain, *([None] if plain and nullable else [])], ""
    first = ", ".join(str(value)[:40] for value in plain[:8])
    return [], f"One of {len(plain)} values: {first}, …"


def example_of(schema: Mapping[str, Any]) -> str:
    """A short example of a text, which often says more about its form than a sentence."""
    shown = schema.get("examples")
    example = shown[0] if isinstance(shown, list) and shown else schema.get("example", schema.get("x-example"))
    if not isinstance(example, str) or not 0 < len(example) <= _LONGEST_EXAMPLE or _STANDS_FOR.search(example):
        return ""
    return example


def is_base64(schema: Mapping[str, Any]) -> bool:
    return str(schema.get("format")) in _BASE64 or schema.get("contentEncoding") == "base64"


def _of_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    written = schema.get("format")
    if isinstance(written, str) and written.lower() in _FORMATS:
        found["format"] = _FORMATS[written.lower()]
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and 0 < len(pattern) <= _LONGEST_PATTERN and _compiles(pattern):
        return {**found, "pattern": pattern}
    return {**found, **_sizes(schema, "minLength", "maxLength")}


def _sizes(schema: Mapping[str, Any], least: str, most: str) -> dict[str, Any]:
    found = {}
    for name in (least, most):
        size = schema.get(name)
        if isinstance(size, float) and size.is_integer():
            size = int(size)
        if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= _LONGEST_TEXT:
            found[name] = size
    return found if found.get(least, 0) <= found.get(most, math.inf) else {}


def _of_number(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Draft 4, which OpenAPI 2.0 and 3.0 follow, has `exclusiveMinimum: true` beside the minimum."""
    found: dict[str, Any] = {}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        limit, strict = schema.get(bound), schema.get(exclusive)
        if strict is True and _is_number(limit):
            found[exclusive] = limit
        else:
            found.update({name: value for name, value in ((bound, limit), (exclusive, strict)) if _is_number(value)})
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER


@lru_cache(maxsize=4096)
def _compiles(pattern: str) -> bool:
    """Whether the linear-time engine that checks inputs knows it: most lookarounds it does not."""
    try:
        Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except (ValidationError, ValueError):
        return False
    return True


def _is_short(value: object, most: int) -> bool:
    return isinstance(value, bool) or _is_number(value) or (isinstance(value, str) and len(value) <= most)


def _fits(value: object, kinds: list[str]) -> bool:
    if isinstance(value, bool):
        return not kinds or "boolean" in kinds
    if isinstance(value, int):
        return not kinds or "integer" in kinds or "number" in kinds
    if isinstance(value, float):
        return not kinds or "number" in kinds
    return not kinds or "string" in kinds


def _as_kind(value: Any, kinds: list[str]) -> Any:
    """YAML reads `1` and `true` among the texts of a choice as what they look like."""
    if kinds == ["string"] and not isinstance(value, str):
        return json.dumps(value)
    if kinds == ["integer"] and isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 16:
        return int(value)
    return value


class _Exact:
    """Tells 1 from true and from 1.0, which Python takes for the same."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._key = (type(value), value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Exact) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
