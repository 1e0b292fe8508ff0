"""Compiled schemas: what does not fit is named, in bounded time."""

from typing import Any

import pytest

from accounts.errors import Fault, Quote
from registry.schemas.validators import compile_schema, faults

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = {"and": leaf}
    return leaf


def filters(*operators: str) -> dict[str, Any]:
    """A grammar as tools have it: one of several operators, each around a filter of the same kind."""
    return {
        "oneOf": [
            {"type": "object", "properties": {"and": {"$ref": "#"}, "op": {"const": operator}}, "required": ["op"]}
            for operator in operators
        ]
    }


def test_it_names_what_does_not_fit() -> None:
    compiled = compile_schema(NAME)
    assert compiled.is_valid({"name": "Ada"})
    assert faults(compiled, {"name": 5}, most=5) == [Fault("$.name", 'The value is not of type "string"')]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "integer"}, 'The value is not of type "integer"'),
        ({"minLength": 20}, "The value is shorter than 20 characters"),
        ({"maxLength": 2}, "The value is longer than 2 characters"),
        ({"pattern": "^[0-9]+$"}, 'The value does not match "^[0-9]+$"'),
        ({"enum": ["a", "b"]}, 'The value is not one of "a" or "b"'),
        ({"const": "a"}, '"a" was expected'),
        ({"anyOf": [False]}, "The value is not valid under any of the schemas listed in the 'anyOf' keyword"),
        ({"not": {"type": "string"}}, '{"type":"string"} is not allowed for the value'),
        (False, "False schema does not allow the value"),
    ],
)
def test_it_says_what_would_fit_and_does_not_repeat_what_does_not(schema: Any, message: str) -> None:
    compiled = compile_schema({"properties": {"password": schema}})
    assert faults(compiled, {"password": "hunter2-is-it"}, most=5) == [Fault("$.password", message)]


@pytest.mark.parametrize(
    "schema",
    [
        {"contains": {"const": "a"}},
        {"maxItems": 0},
        {"uniqueItems": True},
        {"prefixItems": [{}], "unevaluatedItems": False},
        {"minItems": 5},
    ],
)
def test_it_repeats_nothing_of_a_list(schema: Any) -> None:
    [fault] = faults(compile_schema(schema), ["hunter2-is-it", "hunter2-is-it"], most=5)
    assert (fault.path, "hunter2" in fault.message) == ("$", False)


def test_it_quotes_more_of_a_name_than_is_told_so_that_no_secret_is_cut_before_it_is_masked() -> None:
    [fault] = faults(compile_schema({"propertyNames": {"maxLength": 2}}), {"x" * 10_000: 1}, most=5)
    assert fault.message == Quote('"' + "x" * 3_999)
    assert isinstance(fault.message, Quote)


def test_it_names_no_more_than_asked_for() -> None:
    compiled = compile_schema({"items": {"type": "string"}})
    assert [fault.path for fault in faults(compiled, [1, 2, 3], most=2, root="$.input")] == ["$.input[0]", "$.input[1]"]


def test_it_names_a_fault_deep_in_a_schema_that_refers_to_itself_once() -> None:
    compiled = compile_schema({"properties": {"and": {"$ref": "#"}, "op": {"type": "string"}}})
    [fault] = faults(compiled, nested(80, {"op": 5}), most=5)
    assert fault.path == "$" + ".and" * 80 + ".op"


@pytest.mark.parametrize("operators", [("and", "or"), tuple(f"op-{n}" for n in range(30))])
def test_it_gives_up_explaining_where_the_ways_multiply(operators: tuple[str, ...]) -> None:
    compiled = compile_schema(filters(*operators))
    value = nested(90, 1)
    assert not compiled.is_valid(value)
    [fault] = faults(compiled, value, most=5)
    assert (fault.path, "nested too deeply" in fault.message) == ("$", True)


def test_it_explains_what_is_not_that_deep() -> None:
    compiled = compile_schema(filters("and", "or"))
    [fault] = faults(compiled, {"op": "and", "and": 5}, most=5)
    assert "nested too deeply" not in fault.message


def test_it_follows_nothing_out_of_a_schema() -> None:
    with pytest.raises(ValueError, match="outside the schema"):
        compile_schema({"$ref": "http://evil.example/"})
