"""JSON Schema, draft 2020-12, with nothing fetched: compiling, and saying what is wrong in JSON paths and sentences."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import jsonschema_rs
from jsonschema_rs import Draft202012Validator, RegexOptions

from accounts.errors import Fault

# The linear-time engine: a pattern written by a tenant may not stall everybody's process.
_PATTERNS = RegexOptions()


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri[:200]} is outside the schema. Copy what it holds into `$defs`.")


def compile_schema(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator for a schema that passed `schema_faults`. Raises ValueError for one that did not."""
    return Draft202012Validator(dict(schema), retriever=_fetch_nothing, pattern_options=_PATTERNS)


def schema_faults(path: str, schema: object) -> list[Fault]:
    """What is wrong with a schema itself. Empty: it can be compiled."""
    if not isinstance(schema, Mapping):
        return [Fault(path, "Give a JSON Schema: an object.")]
    try:
        compile_schema(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        reason = getattr(error, "message", None) or str(error)
        return [Fault(path, f"This is not a usable JSON Schema (draft 2020-12): {reason[:300]}")]
    return []


def faults(validator: Draft202012Validator, value: Any, *, most: int, root: str = "$") -> list[Fault]:
    """Why `value` does not fit, at most `most` reasons."""
    found: list[Fault] = []
    for error in validator.iter_errors(value):
        if len(found) == most:
            break
        found.append(Fault(json_path(error.instance_path, root), error.message[:500]))
    return found


def json_path(parts: Iterable[str | int], root: str = "$") -> str:
    """`["items", 2, "a b"]` as `$.items[2]["a b"]` (RFC 9535)."""
    return root + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f'["{part}"]' for part in parts
    )
