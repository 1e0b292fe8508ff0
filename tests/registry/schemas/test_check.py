from typing import Any

import pytest

from registry.schemas.check import LARGEST_BYTES, check_input_schema, check_schema

NAME = {"type": "object", "properties": {"name": {"type": "string"}}}


def ref(place: str) -> dict[str, Any]:
    return {"$ref": place}


def said(schema: object) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in check_schema("$.input_schema", schema)]


def paths(schema: object) -> list[str]:
    return [path for path, _ in said(schema)]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        NAME,
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://acme.example/find"},
        {"$defs": {"tag": {"type": "string"}}, "properties": {"tag": ref("#/$defs/tag")}},
        {"$defs": {"a/b~c d": True}, "not": ref("#/$defs/a~1b~0c%20d")},
        {"prefixItems": [{"type": "string"}, ref("#/prefixItems/0")]},
        {"x-types": {"tag": {"items": ref("#")}}, "properties": {"tag": ref("#/x-types/tag")}},
        {"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}},
        {"properties": {"children": {"items": ref("#")}}},
        {"$defs": {"a": {"items": ref("#/$defs/b")}, "b": {"items": ref("#/$defs/a")}}, "not": ref("#/$defs/a")},
        {"enum": [{"$ref": "https://evil.example/"}], "default": {"type": 1}},
    ],
)
def test_it_takes_a_schema(schema: dict[str, Any]) -> None:
    assert said(schema) == []


@pytest.mark.parametrize("schema", [None, True, 1, "string", [], [NAME]])
def test_it_refuses_what_is_no_object(schema: object) -> None:
    assert said(schema) == [
        ("$.input_schema", 'Give a JSON Schema as an object, e.g. {"type": "object", "properties": {}}.')
    ]


@pytest.mark.parametrize(
    "reference",
    [
        "http://evil.example/schema",
        "file:///etc/passwd",
        "//evil.example/schema",
        "other.json",
        "urn:uuid:8d1e2f20-5b35-4b5a-8f0f-2a0c8b8f2d11",
        "https://json-schema.org/draft/2020-12/schema",
        "#/$defs/missing",
        "#/properties",
        "#/type",
        "#/allOf/7",
        "#/allOf/x",
        "#/allOf/00000000000000000000000009",
        "#anchor",
        "",
        5,
        None,
    ],
)
def test_it_follows_no_reference_out_of_the_schema(reference: object) -> None:
    schema = {"type": "object", "properties": [], "allOf": [{}], "$defs": {"tag": {"$ref": reference}}}
    [(path, message)] = said(schema)
    assert path == '$.input_schema["$defs"].tag["$ref"]'
    assert message.startswith("There is no schema at that place. Only `#` and `#/…` are followed")


def test_it_also_looks_where_only_a_reference_leads() -> None:
    schema = {"x-types": {"tag": {"not": ref("http://evil.example/")}}, "not": ref("#/x-types/tag")}
    assert paths(schema) == ['$.input_schema["x-types"].tag.not["$ref"]']


def test_it_refuses_other_drafts_and_moving_references() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "not": {"$id": "https://acme.example/", "$dynamicRef": "#node"},
    }
    assert set(paths(schema)) == {
        '$.input_schema["$schema"]',
        '$.input_schema.not["$dynamicRef"]',
        '$.input_schema.not["$id"]',
    }


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "strng"}, "$.input_schema.type"),
        ({"properties": {"a": {"type": ["string", "strng"]}}}, "$.input_schema.properties.a.type"),
        ({"properties": {"a": {"pattern": "("}}}, "$.input_schema.properties.a.pattern"),
        ({"patternProperties": {"[": {}}}, '$.input_schema.patternProperties["["]'),
        ({"pattern": "((a{100}){100}){100}"}, "$.input_schema.pattern"),
        ({"pattern": "(?=a)b"}, "$.input_schema.pattern"),
        ({"minimum": "1"}, "$.input_schema.minimum"),
        ({"required": "name"}, "$.input_schema.required"),
        ({"properties": {"a": 5}}, "$.input_schema.properties.a"),
        ({"properties": []}, "$.input_schema.properties"),
        ({"allOf": {}}, "$.input_schema.allOf"),
        ({"items": [{}]}, "$.input_schema.items"),
        ({"multipleOf": 0}, "$.input_schema.multipleOf"),
    ],
)
def test_it_says_where_a_schema_is_malformed(schema: dict[str, Any], path: str) -> None:
    [(found, message)] = said(schema)
    assert found == path
    assert message.startswith("This is no usable JSON Schema: ")


def test_it_refuses_an_enormous_schema() -> None:
    assert said({"description": "x" * LARGEST_BYTES}) == [
        ("$.input_schema", "This schema is larger than 262,144 bytes. Describe less in it.")
    ]


def test_it_refuses_a_schema_nested_beyond_reading() -> None:
    schema: dict[str, Any] = {}
    for _ in range(100_000):
        schema = {"not": schema}
    assert said(schema) == [("$.input_schema", "This schema is nested too deeply.")]


def test_it_refuses_a_schema_nested_beyond_compiling() -> None:
    schema: dict[str, Any] = {}
    for _ in range(400):
        schema = {"not": schema}
    assert said(schema) == [("$.input_schema", "This is no usable JSON Schema: Recursion limit reached.")]


def test_it_refuses_references_that_multiply() -> None:
    doubling = {f"a{n}": {"allOf": [ref(f"#/$defs/a{n + 1}"), ref(f"#/$defs/a{n + 1}")]} for n in range(40)}
    assert said({"$defs": {**doubling, "a40": {}}, "not": ref("#/$defs/a0")}) == [
        ("$.input_schema", "With its references followed, this schema has more than 100,000 parts.")
    ]


def test_it_refuses_references_that_multiply_out_of_a_circle() -> None:
    doubling = {f"a{n}": {"allOf": [ref(f"#/$defs/a{n + 1}"), ref(f"#/$defs/a{n + 1}")]} for n in range(40)}
    circle = {
        "left": {"items": ref("#/$defs/right")},
        "right": {"items": ref("#/$defs/left"), "not": ref("#/$defs/a0")},
    }
    assert said({"$defs": {**doubling, **circle, "a40": {}}, "not": ref("#/$defs/left")}) == [
        ("$.input_schema", "With its references followed, this schema has more than 100,000 parts.")
    ]


def test_it_refuses_references_into_references_without_end() -> None:
    chain = {f"a{n}": {"not": {"not": {"not": ref(f"#/$defs/a{n + 1}")}}} for n in range(290)}
    assert said({"$defs": {**chain, "a290": {}}, "not": ref("#/$defs/a0")}) == [
        ("$.input_schema", "With its references followed, this schema is nested more than 1,000 deep.")
    ]


def test_it_refuses_references_to_very_many_places() -> None:
    defs: dict[str, Any] = {f"a{n}": {} for n in range(400)}
    assert said({"$defs": defs, "allOf": [ref(f"#/$defs/a{n}") for n in range(400)]}) == [
        ("$.input_schema", "This schema refers to more than 300 places. Describe less in it.")
    ]


def test_it_refuses_parts_within_parts_that_are_all_referred_to() -> None:
    tree: dict[str, Any] = {"not": {"not": {"anyOf": [{}] * 40_000}}}
    inside = [ref(f"#/$defs/a{deeper}") for deeper in ("", "/not", "/not/not")]
    assert said({"$defs": {"a": tree}, "allOf": inside}) == [
        ("$.input_schema", "With its references followed, this schema has more than 100,000 parts.")
    ]


def test_it_names_at_most_twenty_faults_and_shortens_long_names() -> None:
    schema = {"properties": {f"{n}" + "x" * 500: ref("http://evil.example/") for n in range(100)}}
    found = paths(schema)
    assert len(found) == 20
    assert max(map(len, found)) < 130


@pytest.mark.parametrize("kind", ["string", ["string", "null"], 5, None])
def test_it_wants_an_input_schema_to_take_objects(kind: object) -> None:
    [fault] = check_input_schema("$.input_schema", {"type": kind})
    assert (fault.path, fault.message) == (
        "$.input_schema.type",
        "A tool's input is an object: give the type `object`.",
    )


def test_it_takes_input_schemas_with_object_among_the_types() -> None:
    assert check_input_schema("$.input_schema", {"type": ["object", "null"]}) == []
    assert check_input_schema("$.input_schema", {}) == []
    assert len(check_input_schema("$.input_schema", [])) == 1
