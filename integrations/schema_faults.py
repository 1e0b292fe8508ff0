"""What in a document is not of the shape that a JSON Schema describes, as faults with their places."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from accounts.errors import Fault
from integrations.json_paths import json_path

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@cache
def schema_in(file: Path) -> dict[str, Any]:
    """The JSON Schema that the file holds."""
    schema: dict[str, Any] = json.loads(file.read_bytes())
    return schema


@cache
def _validator_of(file: Path) -> Draft202012Validator:
    return Draft202012Validator(schema_in(file), mask="This")


def schema_faults(file: Path, value: Any, root: str) -> Iterator[Fault]:
    """What in the value does not fit the schema in the file, each with its place under `root`."""
    if not _can_be_kept(value):
        yield Fault(root, "This holds U+0000, or half of a character (a lone surrogate). Leave that out.")
        return
    for error in _validator_of(file).iter_errors(value):
        yield from _told(schema_in(file), error, root)


def _can_be_kept(value: Any) -> bool:
    """Whether it can be written as UTF-8, and stored: JSON's escapes can spell what neither takes."""
    try:
        return not _NUL.search(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _told(schema: Mapping[str, Any], error: ValidationError, root: str) -> Iterator[Fault]:
    place = json_path(error.instance_path, root)
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        known = ", ".join(sorted(_fields(schema, error.schema_path[:-1])))
        for name in kind.unexpected:
            yield Fault(json_path([name], place), f"There is no such field here. Known: {known}.")
    elif isinstance(kind, ValidationErrorKind.Required):
        yield Fault(json_path([str(kind.property)], place), "This is missing.")
    elif isinstance(kind, ValidationErrorKind.PropertyNames):
        yield Fault(json_path([str(kind.error.instance)[:100]], place), f"As a name: {kind.error.message}.")
    else:
        yield Fault(place, f"{error.message}.")


def _fields(schema: Mapping[str, Any], path: list[str | int]) -> Mapping[str, Any]:
    """The fields of the subschema to which this path of a validation leads, through its references."""
    found: Any = schema
    for part in path:
        found = _target(schema, found) if part == "$ref" else found[part]
    fields: Mapping[str, Any] = _target(schema, found).get("properties", {})
    return fields


def _target(schema: Mapping[str, Any], found: Any) -> Any:
    reference = found.get("$ref") if isinstance(found, dict) else None
    return schema["$defs"][reference.rpartition("/")[2]] if reference else found
