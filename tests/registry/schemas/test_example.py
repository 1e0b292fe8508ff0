from typing import Any

import pytest

from registry.schemas.example import example_input


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({}, {}),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"a": "…"}),
        ({"properties": {"a": {"type": "integer", "default": 7}}, "required": ["a"]}, {"a": 7}),
        ({"properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}, {"a": "x"}),
        ({"properties": {"a": {"examples": ["Berlin"]}}, "required": ["a"]}, {"a": "Berlin"}),
        ({"properties": {"a": {"const": None}}, "required": ["a"]}, {"a": None}),
        ({"properties": {"a": {"type": ["number", "null"]}}, "required": ["a"]}, {"a": 1}),
        ({"properties": {"a": {"type": []}}, "required": ["a"]}, {"a": "…"}),
        (
            {"properties": {"a": {"type": "array"}, "b": {"type": "boolean"}}, "required": ["b", "a"]},
            {"b": True, "a": []},
        ),
        ({"properties": {"a": True}, "required": ["a", "b"]}, {}),
        (
            {"properties": {"a": {"properties": {"b": {"type": "string"}}, "required": ["b"]}}, "required": ["a"]},
            {"a": {"b": "…"}},
        ),
    ],
)
def test_it_gives_an_input_to_start_from(schema: dict[str, Any], example: Any) -> None:
    assert example_input(schema) == example


def test_it_ends_with_a_schema_that_does_not() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(50):
        deep = {"type": "object", "properties": {"a": deep}, "required": ["a"]}
    assert example_input(deep) == {"a": {"a": {"a": {"a": {}}}}}
