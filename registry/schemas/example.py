"""An input that fits a JSON Schema roughly, for a command line that people complete: required properties only."""

from collections.abc import Mapping
from typing import Any

_BY_TYPE: Mapping[str, Any] = {"string": "…", "integer": 1, "number": 1, "boolean": True, "array": [], "null": None}
_DEEPEST = 4


def example_input(schema: Mapping[str, Any], *, depth: int = 0) -> Any:
    """What the schema itself gives as an example or default, else something of the right type."""
    for known in ("const", "default"):
        if known in schema:
            return schema[known]
    for several in ("examples", "enum"):
        if isinstance(schema.get(several), list) and schema[several]:
            return schema[several][0]
    kind = schema.get("type", "object" if "properties" in schema or depth == 0 else "string")
    if isinstance(kind, list):
        kind = kind[0] if kind else "string"
    if kind == "object":
        return {} if depth == _DEEPEST else _example_object(schema, depth)
    return _BY_TYPE.get(str(kind), "…")


def _example_object(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {
        name: example_input(properties[name], depth=depth + 1)
        for name in schema.get("required", [])
        if isinstance(properties.get(name), Mapping)
    }
