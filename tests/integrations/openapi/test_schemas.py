from typing import Any

import pytest

from integrations.openapi.references import References
from integrations.openapi.schemas import MOST_BRANCHES, Detail, TooLarge, Writer
from tests.integrations.openapi.described import action_of, body, converted, schema

TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "inner": {"$ref": "#/components/schemas/Tree"}},
}


def write(written: Any, *, depth: int = 6, words: int = 100, most: int = 10_000, **components: Any) -> dict[str, Any]:
    return Writer(References({"components": {"schemas": components}}), Detail(depth, words, most)).write(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": "string", "x-nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a", "b", "a"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "enum": [1, True, "x"]}, {"type": "string", "enum": ["1", "true", "x"]}),
        ({"type": "integer", "enum": ["1", 2]}, {"type": "integer", "enum": [1, 2]}),
        ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": "only"}, {"type": "string", "enum": ["only"]}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "number", "exclusiveMaximum": 5}, {"type": "number", "exclusiveMaximum": 5}),
        ({"type": "integer", "minimum": 1, "maximum": 2**63}, {"type": "integer", "minimum": 1}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": "integer", "format": "int64"}, {"type": "integer"}),
        ({"type": "string", "format": "byte"}, {"type": "string", "description": "Base64."}),
        ({"type": "string", "pattern": "^a+$", "minLength": 1}, {"type": "string", "pattern": "^a+$"}),
        ({"type": "string", "pattern": "(?=a)b(?<!c)"}, {"type": "string"}),
        ({"type": "string", "minLength": 2, "maxLength": 5}, {"type": "string", "minLength": 2, "maxLength": 5}),
        ({"type": "string", "minLength": 5, "maxLength": 2}, {"type": "string"}),
        ({"type": "string", "maxLength": 10_000_000}, {"type": "string"}),
        ({"type": "string", "default": "x" * 100}, {"type": "string"}),
        ({"type": "integer", "default": "5"}, {"type": "integer"}),
        ({"type": "boolean", "default": False}, {"type": "boolean", "default": False}),
        ({"type": "string", "example": "A-1"}, {"type": "string", "examples": ["A-1"]}),
        ({"type": "string", "examples": ["A-1", "A-2"]}, {"type": "string", "examples": ["A-1"]}),
        ({"type": "string", "example": "{{ID}}"}, {"type": "string"}),
        ({"type": "string", "x-secret": 1, "xml": {}, "externalDocs": {}}, {"type": "string"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {"type": "array", "minItems": 1, "items": {"type": "string"}},
        ),
        ({"type": "int32"}, {"type": "integer"}),
        ({"type": "any"}, {}),
        ({"type": 7}, {}),
        (True, {}),
        (None, {}),
        (
            {"additionalProperties": {"type": "integer"}},
            {"type": "object", "additionalProperties": {"type": "integer"}},
        ),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}),
        ({"not": {"type": "string"}}, {}),
    ],
)
def test_it_writes_what_every_provider_takes(written: Any, kept: dict[str, Any]) -> None:
    assert schema(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": ["string", "integer"]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"oneOf": [{"type": "string", "format": "uuid"}]}, {"type": "string", "format": "uuid"}),
        (
            {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]},
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "string"}], "description": "One."},
            {"type": "string", "description": "One."},
        ),
        ({"anyOf": [{"type": "string", "enum": ["a"]}, {"enum": [None]}]}, {"type": "string", "enum": ["a"]}),
        ({"oneOf": []}, {}),
        ({"allOf": [{"type": "string"}, {"maxLength": 5}]}, {"type": "string", "maxLength": 5}),
        (
            {"properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}]},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ),
    ],
)
def test_it_writes_alternatives_as_simply_as_they_are(written: Any, kept: dict[str, Any]) -> None:
    assert schema(written) == kept


def test_it_writes_references_out() -> None:
    assert schema({"$ref": "#/components/schemas/Size"}, Size={"type": "integer"}) == {"type": "integer"}


def test_it_cuts_a_schema_that_stands_inside_of_itself() -> None:
    inner = {"type": "object"}
    assert schema({"$ref": "#/components/schemas/Tree"}, Tree=TREE) == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "inner": inner},
    }


def test_it_ends_where_schemas_only_refer_to_each_other() -> None:
    loop = {"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}
    assert write({"$ref": "#/components/schemas/A"}, A=loop, B=loop) == {}
    assert write({"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/A"}) == {"type": "object"}


def test_it_tells_the_fields_of_an_object_that_is_too_deep() -> None:
    written: dict[str, Any] = {"properties": {"inner": {"properties": {"a": {}, "b": {}}}}}
    assert write(written, depth=1)["properties"]["inner"] == {"type": "object", "description": "Fields: a, b"}
    assert write(written, depth=1, words=0)["properties"]["inner"] == {"type": "object"}


def test_it_gives_up_when_it_comes_to_too_much() -> None:
    with pytest.raises(TooLarge):
        write({"type": "string", "description": "word " * 50}, most=50)


def test_it_gives_up_early_where_a_few_lines_stand_for_millions() -> None:
    wide = {
        f"p{n}": {"properties": {f"q{m}": {"$ref": "#/components/schemas/Wide"} for m in range(50)}} for n in range(50)
    }
    components: dict[str, Any] = {
        f"W{n}": {"properties": {f"x{m}": {"$ref": f"#/components/schemas/W{n + 1}"} for m in range(30)}}
        for n in range(30)
    }
    components["W30"] = {"type": "string"}
    result = converted(
        {"/a": {"post": body({"$ref": "#/components/schemas/W0"})}, "/b": {"post": body({"properties": wide})}},
        components={"schemas": components},
    )
    assert len(result.document["actions"]) == 2
    assert len(str(result.document)) < 60_000


def test_it_renames_keys_inside_of_values_that_no_provider_takes() -> None:
    inner = {
        "type": "object",
        "properties": {"@odata.type": {"type": "string"}, "a b": {}},
        "required": ["a b", "gone"],
    }
    action = action_of(body({"properties": {"item": inner}}), method="post")
    assert action["renamed"] == {"_odata.type": "@odata.type", "a_b": "a b"}
    assert sorted(action["parameters"]["item"]["properties"]) == ["_odata.type", "a_b"]
    assert action["parameters"]["item"]["required"] == ["a_b"]


def test_it_gives_the_same_key_the_same_name_everywhere() -> None:
    inner = {"type": "object", "properties": {"@id": {}}}
    action = action_of(body({"properties": {"a": inner, "b": inner}}), method="post")
    assert action["renamed"] == {"_id": "@id"}


def test_it_shows_only_the_first_of_very_many_choices() -> None:
    found = schema({"type": "string", "enum": [f"currency-{n}" for n in range(200)]})
    assert found["type"] == "string"
    assert "enum" not in found
    assert found["description"].startswith("One of 200 values: currency-0, currency-1,")


def test_it_shows_only_the_first_alternatives() -> None:
    branches = [{"type": "object", "properties": {f"p{n}": {}}} for n in range(MOST_BRANCHES + 3)]
    assert write({"oneOf": branches}) == {"type": "object"}


def test_it_leaves_out_a_description_that_repeats_the_name() -> None:
    written = {"properties": {"user_id": {"type": "string", "description": "User ID"}}}
    assert write(written)["properties"] == {"user_id": {"type": "string"}}


def test_it_keeps_what_is_required_of_very_many_properties() -> None:
    properties: dict[str, Any] = {f"p{n}": {} for n in range(300)}
    found = write({"properties": properties, "required": ["p299"]}, most=100_000)
    assert len(found["properties"]) == 151
    assert found["required"] == ["p299"]
