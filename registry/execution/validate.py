"""Step 4: the input against the version's JSON Schema (draft 2020-12): a path and a sentence for each fault."""

import json
from uuid import UUID

from cachetools import LRUCache

from accounts.errors import Fault, Invalid
from registry.errors import InputTooLarge
from registry.execution.types import Mode, Target, ToolCall
from registry.schemas import validators

_MOST_FAULTS = 50

# A version is immutable, so its compiled schema is good for ever.
_validators: LRUCache[UUID, validators.CompiledSchema] = LRUCache(maxsize=5_000)


def validate(call: ToolCall, target: Target) -> None:
    """Raises Invalid with all faults, also for an `operation` that the tool does not have, and InputTooLarge."""
    if target.max_input_bytes:
        _check_size(call, target.max_input_bytes)
    _check_operation(call, target)
    if call.mode is Mode.STREAM:
        _check_streamable(call, target)
    validator = _validators.get(target.version_id)
    if validator is None:
        validator = _validators[target.version_id] = validators.compile_schema(target.declared.input_schema)
    if not validator.is_valid(call.input):
        raise Invalid(
            f"The input does not fit the input schema of `{target.slug}` {target.version}. See `errors`.",
            faults=validators.faults(validator, call.input, most=_MOST_FAULTS),
        )


def _check_size(call: ToolCall, most: int) -> None:
    size = len(json.dumps(call.input, ensure_ascii=False, separators=(",", ":")).encode())
    if size > most:
        raise InputTooLarge(
            f"The input is {size:,} bytes as JSON, and `{call.tool}` takes no more than {most:,}. Send less, or have "
            "an operator raise the tool's `max_input_bytes`."
        )


def _check_operation(call: ToolCall, target: Target) -> None:
    endpoints = target.declared.endpoints
    if call.operation and call.operation not in endpoints:
        offered = ", ".join(endpoints) or "none, leave `operation` out"
        raise Invalid(
            f"`{target.slug}` has no operation `{call.operation}`.",
            faults=[Fault("$.operation", f"The tool's operations: {offered}.")],
        )
    if not call.operation and len(endpoints) > 1:
        raise Invalid(
            f"`{target.slug}` has several operations: say which.",
            faults=[Fault("$.operation", f"Give one of: {', '.join(endpoints)}.")],
        )


def _check_streamable(call: ToolCall, target: Target) -> None:
    """What is done to an answer as a whole cannot be done to its parts."""
    reasons = (
        (target.output_schema, "has an output schema, which only a whole answer can be checked against"),
        (target.response_mapping, "maps its service's answer, which needs the whole of it"),
        (call.fields or call.max_tokens, "cannot project or shorten an answer whose end has not come"),
    )
    for applies, reason in reasons:
        if applies:
            raise Invalid(
                f"`{target.slug}` {target.version} {reason}, so this call cannot stream.",
                faults=[Fault("$.mode", "Use `sync` or `async`.")],
            )
