"""What the definition of a composite may be."""

from typing import Any

import pytest

from registry.batches.composite import MOST_CALLS, check_composite, read_composite
from registry.batches.types import OnError

CALL: dict[str, Any] = {"id": "a", "tool": "echo@^1"}


def places(definition: dict[str, Any], schema: dict[str, Any] | None = None) -> list[str]:
    return [fault.path for fault in check_composite(definition, schema or {})]


def referring(source: str, path: str = "$.x") -> dict[str, Any]:
    return {**CALL, "input": {"v": {"$from": source, "path": path}}}


def test_it_has_what_is_left_out_filled_in() -> None:
    composite = read_composite({"calls": [CALL]})
    assert (composite.plan.on_error, composite.plan.max_parallel, composite.output) == (OnError.ABORT, 10, None)
    assert [(call.tool, call.version) for call in composite.plan.calls] == [("echo", "^1")]


def test_it_may_refer_to_its_input_everywhere_and_to_errors_at_the_end() -> None:
    output = {"e": {"$from": "errors"}, "i": {"$from": "input"}, "a": {"$from": "a"}}
    assert places({"calls": [referring("input")], "output": output, "on_error": "continue", "max_parallel": 50}) == []


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({}, ["$.definition.calls"]),
        ({"calls": []}, ["$.definition.calls"]),
        ({"calls": [CALL] * (MOST_CALLS + 1)}, ["$.definition.calls"]),
        ({"calls": [CALL], "url": "https://x"}, ["$.definition.url"]),
        ({"calls": [CALL], "on_error": "stop"}, ["$.definition.on_error"]),
        ({"calls": [CALL], "on_error": []}, ["$.definition.on_error"]),
        ({"calls": [CALL], "max_parallel": 0}, ["$.definition.max_parallel"]),
        ({"calls": [CALL], "max_parallel": True}, ["$.definition.max_parallel"]),
        ({"calls": [{**CALL, "id": "input"}]}, ["$.definition.calls[0].id"]),
        ({"calls": [{**CALL, "id": "errors"}]}, ["$.definition.calls[0].id"]),
        ({"calls": [referring("errors")]}, ["$.definition.calls[0].input.v"]),
        ({"calls": [referring("b")]}, ['$.definition.calls[0].input.v["$from"]']),
        ({"calls": [referring("input", "x")]}, ["$.definition.calls[0].input.v.path"]),
        ({"calls": [{**CALL, "depends_on": ["a"]}]}, ["$.definition.calls[0].depends_on[0]"]),
        ({"calls": [CALL], "output": [{"$from": "a"}] * 1_001}, ["$.definition.output"]),
        ({"calls": [CALL], "output": {"x": {"$from": "b"}}}, ['$.definition.output.x["$from"]']),
        ({"calls": [CALL], "output": [{"$from": "a", "path": "$["}]}, ["$.definition.output[0].path"]),
    ],
)
def test_it_says_where_a_definition_is_wrong(definition: dict[str, Any], expected: list[str]) -> None:
    assert places(definition) == expected


def test_it_knows_which_properties_its_input_can_have() -> None:
    closed = {"type": "object", "properties": {"x": {}}, "additionalProperties": False}
    assert places({"calls": [referring("input", "$.x")]}, closed) == []
    assert places({"calls": [referring("input", "$.y.z")]}, closed) == ["$.definition.calls[0].input.v"]
    assert places({"calls": [CALL], "output": {"$from": "input", "path": "$.y"}}, closed) == ["$.definition.output"]
    assert places({"calls": [referring("input", "$.y")]}, {**closed, "additionalProperties": True}) == []
