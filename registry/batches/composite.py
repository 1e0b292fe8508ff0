"""A batch with parameters, which is the definition of a composite tool.

    {"calls": [{"id": "find", "tool": "crm-find@^1", "input": {"email": {"$from": "input", "path": "$.email"}}}],
     "output": {"who": {"$from": "find", "path": "$.name"}},
     "on_error": "abort", "max_parallel": 10}

`input` is the composite's own input; `errors`, in the output alone, the problem documents of what did not succeed, by
call. Without `output` it is what each call gave, by its id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from accounts.errors import Fault
from registry.batches.reading import MOST_FAULTS, check_sources, read_calls
from registry.batches.references import INPUT, check_number, find_references
from registry.batches.types import OnError, Plan
from registry.json_query import read_query

MOST_CALLS = 50
USUAL_PARALLEL = 10
ERRORS = "errors"

_PLACE = "$.definition"
_FIELDS = ("calls", "output", "on_error", "max_parallel")
_GIVEN = frozenset({INPUT, ERRORS})


@dataclass(frozen=True)
class Composite:
    """A definition that was checked."""

    plan: Plan
    output: Any
    """What it answers, with references; None: what each call gave."""


def read_composite(definition: Mapping[str, Any]) -> Composite:
    """A checked definition, ready to be run."""
    calls = read_calls(definition["calls"], f"{_PLACE}.calls", most=MOST_CALLS, given=_GIVEN).calls
    on_error = OnError(definition.get("on_error", OnError.ABORT))
    return Composite(Plan(calls, definition.get("max_parallel", USUAL_PARALLEL), on_error), definition.get("output"))


def check_composite(definition: Mapping[str, Any], input_schema: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with a definition in itself; whether its tools exist is `nesting`'s to say."""
    reading = read_calls(definition.get("calls"), f"{_PLACE}.calls", most=MOST_CALLS, given=_GIVEN)
    faults = [*_field_faults(definition), *reading.faults, *check_number(definition.get("output"), f"{_PLACE}.output")]
    if faults:
        return faults
    sources = [*(call.id for call in reading.calls), *_GIVEN]
    found = chain(
        (fault for index, call in enumerate(definition["calls"]) for fault in _too_early(call, index)),
        check_sources(definition.get("output"), f"{_PLACE}.output", sources),
        _input_faults(definition, input_schema),
    )
    return list(islice(found, MOST_FAULTS))


def _field_faults(definition: Mapping[str, Any]) -> Iterator[Fault]:
    for name in definition:
        if name not in _FIELDS:
            known = ", ".join(f"`{each}`" for each in _FIELDS)
            yield Fault(f"{_PLACE}.{name}", f"There is no such field here. A composite has {known}.")
    if definition.get("on_error", OnError.ABORT) not in list(OnError):
        yield Fault(f"{_PLACE}.on_error", "Give `continue` or `abort`.")
    most = definition.get("max_parallel", 1)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST_CALLS:
        yield Fault(f"{_PLACE}.max_parallel", f"Give a whole number from 1 to {MOST_CALLS}.")


def _too_early(call: Mapping[str, Any], index: int) -> Iterator[Fault]:
    for found in find_references(call.get("input", {}), f"{_PLACE}.calls[{index}].input"):
        if found.source == ERRORS:
            yield Fault(found.place, "What did not succeed is known at the end: refer to `errors` in `output`.")


def _input_faults(definition: Mapping[str, Any], input_schema: Mapping[str, Any]) -> Iterator[Fault]:
    """References to properties that the input schema does not let in."""
    properties = input_schema.get("properties", {})
    if input_schema.get("additionalProperties") is not False or not isinstance(properties, dict):
        return
    for found in find_references({name: definition.get(name) for name in ("calls", "output")}, _PLACE):
        first = read_query(found.body.get("path", "$")).first_name
        if found.source == INPUT and first is not None and first not in properties:
            yield Fault(found.place, f"The input schema has no property `{first}`. Add it there, or mend the path.")
