"""What of a new version would break callers of the one before. A pure decision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.errors import Fault
from registry.schemas.diff import differences
from registry.schemas.tree import Schema


@dataclass(frozen=True)
class Contract:
    """What a version promises to its callers."""

    input_schema: Schema
    output_schema: Schema | None
    """None: it says nothing about its output."""
    endpoints: Mapping[str, str]


def breaks(before: Contract, after: Contract) -> list[Fault]:
    """Each difference that breaks callers, by its place in the new version's body. Empty: they can go on."""
    return [
        *differences("$.input_schema", _object(before.input_schema), _object(after.input_schema), is_input=True),
        *_output(before.output_schema, after.output_schema),
        *_operations(before.endpoints, after.endpoints),
    ]


def _object(schema: Schema) -> dict[str, Any]:
    """An input is an object, whether its schema says so or not."""
    return {**schema, "type": "object"} if isinstance(schema, dict) else {"type": "object"}


def _output(before: Schema | None, after: Schema | None) -> list[Fault]:
    if before is None:
        return []
    if after is None:
        return [Fault("$.output_schema", "The output was described and is not any more.")]
    return differences("$.output_schema", before, after, is_input=False)


def _operations(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Fault]:
    for operation in before:
        if operation not in after:
            yield Fault(f"$.endpoints.{operation}", "This operation is gone.")
    if len(before) < 2 <= len(after):
        yield Fault("$.endpoints", "Callers could leave `operation` out; now they cannot.")
