"""What schemas declare sensitive is masked where it stands, however the schema says so."""

from typing import Any

import pytest

from integrations.redaction import declared, redact

M = "[redacted:field]"
PIN = {"x-sensitive": True}
TREE = {
    "$defs": {"node": {"properties": {"secret_word": PIN, "children": {"items": {"$ref": "#/$defs/node"}}}}},
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize(
    ("schema", "value", "masked"),
    [
        ({"properties": {"a": PIN}}, {"a": "x", "b": "y"}, {"a": M, "b": "y"}),
        ({"properties": {"a": {"writeOnly": True}}}, {"a": 7}, {"a": M}),
        ({"properties": {"a": {"format": "password"}}}, {"a": ""}, {"a": ""}),
        ({"properties": {"a": PIN}}, {"a": {"b": ["x", 1]}}, {"a": {"b": [M, M]}}),
        ({"items": {"properties": {"a": PIN}}}, [{"a": "x"}, {"b": "y"}], [{"a": M}, {"b": "y"}]),
        ({"prefixItems": [{"type": "string"}, PIN]}, ["x"], [M]),
        ({"additionalProperties": PIN, "properties": {"b": {}}}, {"a": "x", "b": "y"}, {"a": M, "b": "y"}),
        ({"patternProperties": {"^x_": PIN}}, {"x_1": "x", "y": "y"}, {"x_1": M, "y": "y"}),
        ({"patternProperties": {r"\p{L}(": PIN}}, {"y": "y"}, {"y": M}),
        ({"anyOf": [{"type": "null"}, {"properties": {"a": PIN}}]}, {"a": "x"}, {"a": M}),
        ({"properties": {"a": {"allOf": [PIN]}}}, {"a": "x"}, {"a": M}),
        ({"if": {}, "then": {"properties": {"a": PIN}}}, {"a": "x"}, {"a": M}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"properties": {"a": PIN}}}}, {"a": "x"}, {"a": M}),
        ({"$ref": "#/allOf/1", "allOf": [{}, {"properties": {"a": PIN}}]}, {"a": "x"}, {"a": M}),
        (
            TREE,
            {"children": [{"children": [{"secret_word": "x"}]}]},
            {"children": [{"children": [{"secret_word": M}]}]},
        ),
        (PIN, "whole", M),
    ],
)
def test_it_masks_what_is_declared(schema: Any, value: Any, masked: Any) -> None:
    assert redact(value, declared=declared(schema)).value == masked


def test_it_matches_a_name_in_linear_time_whatever_the_pattern() -> None:
    places = declared({"patternProperties": {"^(a+)+$": PIN}})
    names = ("a" * 10_000, "a" * 10_000 + "!")
    assert list(redact(dict.fromkeys(names, "x"), declared=places).value.values()) == [M, "x"]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        {},
        {"x-sensitive": "yes"},
        {"$ref": "#/nowhere/0"},
        {"$ref": "#/allOf/7", "allOf": [{}]},
        {"$ref": 7},
    ],
)
def test_it_follows_nothing_where_nothing_is_declared(schema: Any) -> None:
    assert declared(schema) == ()
