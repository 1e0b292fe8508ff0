"""What is wrong with a JSON Schema (draft 2020-12) that a tool declares: asked before it is kept."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from jsonschema_rs import ValidationError

from accounts.errors import Fault
from integrations.json_paths import json_path
from registry.schemas.extent import Extent
from registry.schemas.tree import Place, Schema, resolve, walk
from registry.schemas.validators import compile_schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LARGEST_BYTES = 256 * 1024
MOST_FAULTS = 20

_LOCAL_ONLY = "Only `#` and `#/…` are followed: put what you refer to into this schema, under `$defs`."


def check_input_schema(path: str, schema: object) -> list[Fault]:
    """As `check_schema`, for a schema whose instance is always an object."""
    kind = schema.get("type", "object") if isinstance(schema, dict) else "object"
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return [Fault(f"{path}.type", "A tool's input is an object: give the type `object`.")]
    return check_schema(path, schema)


def check_schema(path: str, schema: object) -> list[Fault]:
    """What is wrong with a schema, each with its place under `path`. Empty: it can be used."""
    if not isinstance(schema, dict):
        return [Fault(path, 'Give a JSON Schema as an object, e.g. {"type": "object", "properties": {}}.')]
    try:
        size = len(json.dumps(schema))
    except RecursionError:
        return [Fault(path, "This schema is nested too deeply.")]
    if size > LARGEST_BYTES:
        return [Fault(path, f"This schema is larger than {LARGEST_BYTES:,} bytes. Describe less in it.")]
    faults = list(islice(_reference_faults(Place(path), schema), MOST_FAULTS))
    return faults or _extent_faults(path, schema) or _compilation_faults(path, schema)


def _reference_faults(root_place: Place, root: Schema) -> Iterator[Fault]:
    for place, one in _reachable(root_place, root):
        if one.get("$schema", DRAFT) != DRAFT:
            yield Fault(str(place.at("$schema")), f"Schemas here are of draft 2020-12: {DRAFT}.")
        if "$dynamicRef" in one:
            yield Fault(str(place.at("$dynamicRef")), f"Use `$ref`. {_LOCAL_ONLY}")
        if "$id" in one and one is not root:
            yield Fault(str(place.at("$id")), "Leave this out: references start at the root of the schema.")
        reference = one.get("$ref", "#")
        if not isinstance(reference, str) or resolve(root, reference) is None:
            yield Fault(str(place.at("$ref")), f"There is no schema at that place. {_LOCAL_ONLY}")


def _reachable(root_place: Place, root: Schema) -> list[tuple[Place, dict[str, Any]]]:
    """Every subschema of the root, and of what is referred to where no keyword holds it; each once."""
    found: dict[int, tuple[Place, dict[str, Any]]] = {}
    waiting = [(root_place, root)]
    while waiting:
        start_place, start = waiting.pop()
        if id(start) in found:
            continue
        for place, one, _ in walk(start, start_place):
            found.setdefault(id(one), (place, one))
            reference = one.get("$ref")
            target = resolve(root, reference) if isinstance(reference, str) else None
            if target is not None:
                waiting.append((root_place.at(*str(reference).split("/")[1:]), target))
    return list(found.values())


def _extent_faults(path: str, schema: Schema) -> list[Fault]:
    excess = Extent(schema).excess()
    return [Fault(path, excess)] if excess else []


def _compilation_faults(path: str, schema: dict[str, Any]) -> list[Fault]:
    try:
        compile_schema(schema)
    except ValidationError as error:
        return [Fault(json_path(error.instance_path, path), f"This is no usable JSON Schema: {error.message[:300]}.")]
    except ValueError as error:
        return [Fault(path, f"This is no usable JSON Schema: {str(error)[:300]}.")]
    return []
