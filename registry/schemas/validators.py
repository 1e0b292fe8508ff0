"""JSON Schema, draft 2020-12, with nothing fetched: compiling, and saying what is wrong in JSON paths and sentences."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from jsonschema_rs import Draft202012Validator, RegexOptions

from accounts.errors import Fault, Quote
from integrations.json_paths import json_path
from registry.schemas.extent import Extent

MOST_BRANCHES = 1_000
"""How many ways through a schema that refers to itself may be explained. Saying no costs the same for all of them."""

# The linear-time engine: a pattern written by a tenant may not stall everybody's process.
_PATTERNS = RegexOptions()


@dataclass(frozen=True, eq=False)
class CompiledSchema:
    validator: Draft202012Validator
    deepest_explained: float
    """How deep a value may be nested for its faults to be named one by one."""

    def is_valid(self, value: Any) -> bool:
        return self.validator.is_valid(value)


def compile_schema(schema: Mapping[str, Any]) -> CompiledSchema:
    """Ready to apply, for a schema that passed `check_schema`. Raises ValueError for one that did not."""
    validator = Draft202012Validator(
        dict(schema), retriever=_fetch_nothing, pattern_options=_PATTERNS, mask="the value"
    )
    branching = Extent(dict(schema)).branching()
    return CompiledSchema(validator, math.log(MOST_BRANCHES, branching) if branching > 1 else math.inf)


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri[:200]} is outside the schema. Copy what it holds into `$defs`.")


def faults(compiled: CompiledSchema, value: Any, *, most: int, root: str = "$") -> list[Fault]:
    """Why `value` does not fit, at most `most` reasons.

    No reason repeats a value: reasons are stored, and of a value nobody knows here whether it may be.
    """
    if _is_nested_deeper_than(compiled.deepest_explained, value):
        return [Fault(root, "This does not fit, and is nested too deeply to say where: the schema refers to itself.")]
    found: list[Fault] = []
    for error in compiled.validator.iter_errors(value):
        if len(found) == most:
            break
        found.append(Fault(json_path(error.instance_path, root), Quote(_sentence(error.message))))
    return found


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]


def _is_nested_deeper_than(depth: float, value: Any) -> bool:
    layer, reached = [value], 0
    while layer and reached <= depth:
        layer = [inner for item in layer for inner in _inside(item)]
        reached += bool(layer)
    return reached > depth


def _inside(item: Any) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
