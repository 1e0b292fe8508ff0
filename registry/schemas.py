"""JSON Schema, draft 2020-12, with nothing fetched: compiling, and saying what is wrong in JSON paths and sentences."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from jsonschema_rs import Draft202012Validator, RegexOptions

from accounts.errors import Fault

# The linear-time engine: a pattern written by a tenant may not stall everybody's process.
_PATTERNS = RegexOptions()


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri[:200]} is outside the schema. Copy what it holds into `$defs`.")


def compile_schema(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator for a schema that passed `check_schema`. Raises ValueError for one that did not."""
    return Draft202012Validator(dict(schema), retriever=_fetch_nothing, pattern_options=_PATTERNS)


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
