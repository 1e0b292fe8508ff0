from typing import Any

import pytest

from registry.compatibility import Contract, breaks
from registry.schemas.tree import Schema

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def obj(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def of_input(before: Schema, after: Schema) -> list[tuple[str, str]]:
    found = breaks(Contract(before, None, {}), Contract(after, None, {}))
    return [(fault.path.removeprefix("$.input_schema"), fault.message) for fault in found]


def of_output(before: Schema | None, after: Schema | None) -> list[tuple[str, str]]:
    found = breaks(Contract({}, before, {}), Contract({}, after, {}))
    return [(fault.path.removeprefix("$.output_schema"), fault.message) for fault in found]


def of_property(before: Schema, after: Schema) -> list[tuple[str, str]]:
    """What a change of the input's one property breaks."""
    found = of_input(obj({"a": before}), obj({"a": after}))
    return [(path.removeprefix(".properties.a"), message) for path, message in found]


def of_operations(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    old, new = ({name: f"https://x.example/{name}" for name in names} for names in (before, after))
    return [(fault.path, fault.message) for fault in breaks(Contract({}, None, old), Contract({}, None, new))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({}, {"type": "object"}),
        (obj({"a": STRING}), obj({"a": {**STRING, "description": "What it is.", "default": "x"}})),
        (obj({"a": STRING}), obj({"a": STRING, "b": INTEGER})),
        (obj({"a": STRING}, additionalProperties=False), obj({"a": STRING, "b": INTEGER}, additionalProperties=False)),
        (obj({"a": STRING}, "a"), obj({"a": STRING})),
        (obj({"a": STRING}, additionalProperties=False), obj({"a": STRING})),
        (obj({"a": STRING}), obj({})),
        (
            obj({"a": STRING}),
            obj({}, additionalProperties=STRING) | {"properties": {"a": STRING}, "additionalProperties": True},
        ),
        (obj({}, patternProperties={"^x-": STRING}), obj({})),
        (obj({}, additionalProperties=STRING), obj({"a": STRING}, additionalProperties=STRING)),
        (obj({"a": STRING}, additionalProperties=False), obj({}, additionalProperties=STRING)),
    ],
)
def test_it_lets_an_input_grow(before: Schema, after: Schema) -> None:
    assert of_input(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (STRING, True),
        (STRING, {"type": ["string", "null"]}),
        (INTEGER, {"type": "number"}),
        ({"enum": ["a"]}, {"enum": ["b", "a"]}),
        ({"enum": ["a", "b"]}, STRING),
        ({"const": 1}, {"enum": [1.0, 2]}),
        ({"const": "a"}, INTEGER | {"type": ["string", "integer"]}),
        ({"minimum": 5}, {"minimum": 4}),
        ({"exclusiveMinimum": 5}, {"minimum": 5}),
        ({"maximum": 5}, {"maximum": 6, "minLength": 0}),
        ({"exclusiveMaximum": 5}, {"maximum": 5}),
        ({"multipleOf": 0.2}, {"multipleOf": 0.1}),
        ({"pattern": "^a"}, {}),
        ({"uniqueItems": True}, {"uniqueItems": False}),
        ({"items": INTEGER}, {"items": {"type": "number"}}),
        ({"prefixItems": [STRING, INTEGER], "items": False}, {"prefixItems": [STRING], "items": INTEGER}),
        ({"anyOf": [STRING, INTEGER]}, {"anyOf": [{"type": "null"}, INTEGER, STRING]}),
        ({"oneOf": [STRING, INTEGER]}, {"type": ["string", "number"]}),
        (STRING, {"anyOf": [STRING, {"type": "null"}]}),
        ({"allOf": [STRING, {"minLength": 2}]}, {"allOf": [{"minLength": 1}, STRING]}),
        ({"allOf": [STRING, {"minLength": 2}]}, {"allOf": [STRING]}),
        ({"minLength": 2, **STRING}, {"allOf": [STRING, {"minLength": 1}]}),
        ({"not": STRING}, {}),
        ({"if": STRING, "then": {"minLength": 1}}, {}),
        (False, STRING),
    ],
)
def test_it_lets_a_property_take_more(before: Schema, after: Schema) -> None:
    assert of_property(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        (obj({"a": STRING}), obj({"a": STRING}, "a"), ".required", "`a` is required now."),
        (obj({"a": STRING}, "a"), obj({"a": STRING, "b": STRING}, "a", "b"), ".required", "`b` is required now."),
        (
            obj({"a": STRING}),
            obj({}, additionalProperties=False),
            ".properties.a",
            "This property is gone.",
        ),
        (obj({}), obj({}, additionalProperties=False), ".additionalProperties", "Other properties are refused now."),
        (obj({}), obj({}, unevaluatedProperties=False), ".additionalProperties", "Other properties are refused now."),
        (
            obj({}),
            obj({}, additionalProperties=STRING),
            ".additionalProperties.type",
            "The type was free and is now `string`.",
        ),
        (
            obj({}, additionalProperties=STRING),
            obj({"a": INTEGER}, additionalProperties=STRING),
            ".properties.a.type",
            "The type was `string` and is now `integer`.",
        ),
        (
            obj({"a": INTEGER}),
            obj({}, additionalProperties=STRING),
            ".properties.a.type",
            "The type was `integer` and is now `string`.",
        ),
        (
            obj({}),
            obj({}, patternProperties={"^x": STRING}),
            '.patternProperties["^x"].type',
            "The type was free and is now `string`.",
        ),
        (
            obj({}, patternProperties={"^x": STRING}, additionalProperties=False),
            obj({}, additionalProperties=False),
            '.patternProperties["^x"]',
            "Nothing is taken here any more.",
        ),
        (
            obj({}),
            obj({}, dependentRequired={"a": ["b"]}),
            ".dependentRequired",
            "This changed, and it cannot be shown that nothing breaks.",
        ),
        ({}, obj({}, minProperties=1), ".minProperties", "There was no `minProperties` and is now `minProperties` 1."),
    ],
)
def test_it_says_what_an_input_takes_no_more(before: Schema, after: Schema, path: str, message: str) -> None:
    assert (path, message) in of_input(before, after)
    assert {found for found, _ in of_input(before, after)} - {path} <= {
        ".additionalProperties",
        ".additionalProperties.type",
    }


UNSETTLED = "This changed, and it cannot be shown that nothing breaks."


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        (STRING, INTEGER, ".type", "The type was `string` and is now `integer`."),
        ({"type": "number"}, INTEGER, ".type", "The type was `number` and is now `integer`."),
        ({"type": ["string", "null"]}, STRING, ".type", "The type was `null` or `string` and is now `string`."),
        ({"enum": [None, True, 1.5, {}]}, {"enum": [None, True, 1.5]}, ".enum", "`{}` was a value and is no more."),
        (
            {"enum": [None, True, 1.5, {}, []]},
            STRING,
            ".type",
            "The type was `null` or `boolean` or `object` or `array` or `number` and is now `string`.",
        ),
        ({"const": True}, {"const": 1}, ".const", "`true` was a value and is no more."),
        ({"const": 1}, {"const": 1, "enum": ["a"]}, ".const", "`1` was a value and is no more."),
        ({"const": 1, "enum": [1, 2]}, {"const": 2}, ".const", "`1` was a value and is no more."),
        ({}, {"properties": {"b": STRING}}, ".properties.b.type", "The type was free and is now `string`."),
        (STRING, {**STRING, "enum": ["a"]}, ".enum", "Only some values are taken now."),
        ({"minimum": 1}, {"minimum": 2}, ".minimum", "There was `minimum` 1 and is now `minimum` 2."),
        (
            {"minimum": 1},
            {"exclusiveMinimum": 1},
            ".exclusiveMinimum",
            "There was `minimum` 1 and is now `exclusiveMinimum` 1.",
        ),
        ({}, {"maxLength": 5}, ".maxLength", "There was no `maxLength` and is now `maxLength` 5."),
        (
            {"maximum": 5},
            {"maximum": 5, "exclusiveMaximum": 5},
            ".maximum",
            "There was `maximum` 5 and is now `maximum` 5 and `exclusiveMaximum` 5.",
        ),
        ({"multipleOf": 5}, {"multipleOf": 10}, ".multipleOf", "`multipleOf` was `5` and is now `10`."),
        ({}, {"multipleOf": 10}, ".multipleOf", "`multipleOf` was free and is now `10`."),
        ({"pattern": "^a"}, {"pattern": "^b"}, ".pattern", "`pattern` was `^a` and is now `^b`."),
        (STRING, {**STRING, "format": "email"}, ".format", "`format` was free and is now `email`."),
        ({}, {"uniqueItems": True}, ".uniqueItems", "Items must be unique now."),
        ({"items": STRING}, {"items": INTEGER}, ".items.type", "The type was `string` and is now `integer`."),
        ({"items": STRING}, {"items": False}, ".items", "Nothing is taken here any more."),
        (
            {"prefixItems": [STRING]},
            {"prefixItems": [INTEGER]},
            ".prefixItems[0].type",
            "The type was `string` and is now `integer`.",
        ),
        ({"anyOf": [STRING, INTEGER]}, STRING, ".anyOf[1].type", "The type was `integer` and is now `string`."),
        (
            {"anyOf": [STRING, INTEGER]},
            {"anyOf": [STRING, {"type": "null"}]},
            ".anyOf[1].type",
            "The type was `integer` and is now `null`.",
        ),
        ({"anyOf": [STRING, INTEGER, {"type": "null"}]}, {"anyOf": [STRING, INTEGER]}, ".anyOf", UNSETTLED),
        (STRING, {"oneOf": [{"type": "null"}]}, ".oneOf[0].type", "The type was `string` and is now `null`."),
        (
            STRING,
            {"allOf": [STRING, {"minLength": 1}]},
            ".allOf[1].minLength",
            "There was no `minLength` and is now `minLength` 1.",
        ),
        ({}, {"not": STRING}, ".not", UNSETTLED),
        ({"not": STRING}, {"not": INTEGER}, ".not", UNSETTLED),
        ({"if": STRING, "then": {"minLength": 1}}, {"if": STRING, "then": {"minLength": 2}}, ".if", UNSETTLED),
        ({}, {"contains": STRING, "minContains": 2}, ".contains", UNSETTLED),
        (STRING, False, "", "Nothing is taken here any more."),
    ],
)
def test_it_says_what_a_property_takes_no_more(before: Schema, after: Schema, path: str, message: str) -> None:
    assert of_property(before, after) == [(path, message)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, STRING),
        (obj({"a": STRING}), obj({"a": STRING, "b": INTEGER})),
        (obj({"a": STRING}, additionalProperties=False), obj({"a": STRING, "b": INTEGER}, additionalProperties=False)),
        (obj({"a": STRING}, additionalProperties=False), obj({"a": STRING})),
        (obj({"a": STRING}), obj({"a": STRING}, "a")),
        (obj({"a": {"type": ["string", "null"]}}), obj({"a": STRING})),
        (obj({"a": STRING}), obj({"a": {"enum": ["x"]}})),
        (obj({"a": {"minimum": 1}}), obj({"a": {"minimum": 2}})),
        (obj({}, additionalProperties=False), obj({}, patternProperties={"^x": STRING}, additionalProperties=False)),
        ({"items": STRING}, {"items": False}),
    ],
)
def test_it_lets_an_output_promise_more(before: Schema | None, after: Schema) -> None:
    assert of_output(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        (obj({"a": STRING}), None, "", "The output was described and is not any more."),
        (obj({"a": STRING}), obj({}), ".properties.a", "This property is gone."),
        (obj({"a": STRING}, "a"), obj({"a": STRING}), ".required", "`a` may be missing now."),
        (
            obj({"a": STRING}),
            obj({"a": {"type": ["string", "null"]}}),
            ".properties.a.type",
            "The type was `string` and is now `null` or `string`.",
        ),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, ".enum", '`"b"` is a new value.'),
        ({"enum": ["a"]}, {"type": "string"}, ".enum", "There may be other values now."),
        ({"maximum": 5}, {"maximum": 6}, ".maximum", "There was `maximum` 5 and is now `maximum` 6."),
        ({"uniqueItems": True}, {}, ".uniqueItems", "Items may repeat now."),
        (
            {"prefixItems": [STRING], "items": False},
            {"prefixItems": [STRING]},
            ".items",
            "There was never anything here before.",
        ),
        (
            obj({}, additionalProperties=STRING),
            obj({}),
            ".additionalProperties.type",
            "The type was `string` and is now free.",
        ),
        (
            {"anyOf": [STRING]},
            {"anyOf": [STRING, INTEGER]},
            ".anyOf",
            UNSETTLED,
        ),
        (STRING, {"anyOf": [STRING, INTEGER]}, ".anyOf[1].type", "The type was `string` and is now `integer`."),
    ],
)
def test_it_says_what_an_output_promises_no_more(
    before: Schema | None, after: Schema | None, path: str, message: str
) -> None:
    assert of_output(before, after) == [(path, message)]


def test_it_follows_references() -> None:
    before = obj({"a": ref("text")}, **{"$defs": {"text": {"allOf": [STRING]}, "unused": INTEGER}})
    assert of_input(before, obj({"a": STRING})) == []
    assert of_input(obj({"a": STRING}), before) == []
    changed = {**before, "$defs": {"text": INTEGER}}
    assert of_input(before, changed) == [(".properties.a.type", "The type was `string` and is now `integer`.")]


def test_it_sees_a_change_behind_an_unchanged_reference() -> None:
    before = obj({"a": {"not": ref("one")}}, **{"$defs": {"one": ref("two"), "two": STRING}})
    after = {**before, "$defs": {"one": ref("two"), "two": INTEGER}}
    assert of_input(before, before) == []
    assert of_input(before, after) == [(".properties.a.not", UNSETTLED)]


def test_it_takes_what_stands_beside_a_reference_into_account() -> None:
    defs = {"text": STRING}
    before = obj({"a": {**ref("text"), "minLength": 1}}, **{"$defs": defs})
    after = obj({"a": {**ref("text"), "minLength": 2}}, **{"$defs": defs})
    assert of_input(before, after) == [
        (".properties.a.allOf[0].minLength", "There was `minLength` 1 and is now `minLength` 2.")
    ]
    assert of_input(after, before) == []


def test_it_compares_schemas_that_contain_themselves() -> None:
    def tree(leaf: Schema) -> Schema:
        return {"$defs": {"node": obj({"value": leaf, "next": ref("node")})}, "properties": {"tree": ref("node")}}

    assert of_input(tree(STRING), tree({"type": ["string", "null"]})) == []
    assert of_input(tree(STRING), tree(INTEGER)) == [
        (".properties.tree.properties.value.type", "The type was `string` and is now `integer`.")
    ]


def test_it_compares_a_reference_that_leads_to_itself() -> None:
    circle = obj({"a": ref("loop")}, **{"$defs": {"loop": ref("loop")}})
    assert of_input(circle, obj({"a": STRING})) == [(".properties.a.type", "The type was free and is now `string`.")]
    assert of_input(obj({"a": STRING}), circle) == []


def test_it_gives_up_on_what_is_too_deep() -> None:
    def nested(leaf: Schema) -> Schema:
        for _ in range(70):
            leaf = {"items": leaf}
        return obj({"a": leaf})

    [(path, message)] = of_input(nested(STRING), nested(INTEGER))
    assert message == "This changed, and it is too large to compare part by part."
    assert path.count("items") == 60


def test_it_gives_up_on_what_is_too_large() -> None:
    before = obj({"a": {"anyOf": [{"const": n} for n in range(100)]}})
    after = obj({"a": {"anyOf": [{"const": n + 1000} for n in range(100)]}})
    messages = {message for _, message in of_input(before, after)}
    assert "This changed, and it is too large to compare part by part." in messages


def test_it_says_which_operations_are_gone() -> None:
    assert of_operations(["stamp"], ["stamp"]) == []
    assert of_operations(["stamp", "validate"], ["stamp", "validate", "void"]) == []
    assert of_operations(["stamp", "validate"], ["stamp"]) == [("$.endpoints.validate", "This operation is gone.")]
    assert of_operations([], ["stamp"]) == []


@pytest.mark.parametrize("before", [[], ["stamp"]])
def test_it_sees_that_callers_have_to_name_an_operation(before: list[str]) -> None:
    assert of_operations(before, ["stamp", "validate"]) == [
        ("$.endpoints", "Callers could leave `operation` out; now they cannot.")
    ]
