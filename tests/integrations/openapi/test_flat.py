from typing import Any

import pytest

from integrations.openapi.flat import START, Recursive, flat, merged, united
from integrations.openapi.references import Dangling, References
from tests.integrations.openapi.described import schema

ROOT = {
    "loop": {"$ref": "#/loop"},
    "base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    "text": "no schema",
}
REFERENCES = References(ROOT)


def test_it_merges_all_of_with_what_stands_beside_it() -> None:
    written = {"description": "Mine.", "allOf": [{"$ref": "#/base"}, {"description": "Theirs.", "required": ["to"]}]}
    found, followed = flat(written, REFERENCES)
    assert found == {**ROOT["base"], "description": "Mine.", "required": ["to", "id"]}  # type: ignore[dict-item]
    assert followed == START
    assert flat({"$ref": "#/base"}, REFERENCES)[1] == {"#/base"}


def test_it_leaves_a_property_whole_that_is_like_a_part() -> None:
    written = {
        "allOf": [{"$ref": "#/components/schemas/Base"}],
        "properties": {"twin": {"$ref": "#/components/schemas/Base"}},
    }
    found = schema({"$ref": "#/components/schemas/Both"}, Base=ROOT["base"], Both=written)
    assert found["properties"]["twin"]["properties"] == {"id": {"type": "string"}}


def test_it_lets_both_describe_a_property() -> None:
    both = merged({"properties": {"a": {"minimum": 1}}}, {"properties": {"a": {"type": "integer"}, "b": {}}})
    assert both["properties"] == {"a": {"allOf": [{"minimum": 1}, {"type": "integer"}]}, "b": {}}


def test_it_passes_over_parts_that_lead_nowhere() -> None:
    assert flat({"allOf": [{"$ref": "#/gone"}, {"$ref": "#/loop"}, {"type": "string"}]}, REFERENCES)[0] == {
        "type": "string"
    }


@pytest.mark.parametrize(("reference", "error"), [("#/loop", Recursive), ("#/gone", Dangling)])
def test_it_says_when_there_is_nothing(reference: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        flat({"$ref": reference}, REFERENCES)


def test_it_takes_what_is_no_schema_for_an_open_one() -> None:
    assert flat({"$ref": "#/text"}, REFERENCES)[0] == {}
    assert flat(False, REFERENCES)[0] == {}


def test_it_gives_up_on_what_is_nested_without_end() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        deep = {"allOf": [deep]}
    assert flat(deep, REFERENCES)[0] == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"type": "array"}]},
        {"oneOf": [{"type": "object"}, {"type": "string"}]},
        {"oneOf": [{"enum": ["a"]}]},
        {"oneOf": [{"oneOf": [{"type": "integer"}]}]},
    ],
)
def test_it_unites_only_objects(schema: dict[str, Any]) -> None:
    assert united(schema, REFERENCES, START) is None


def test_it_unites_alternatives_inside_of_alternatives() -> None:
    inner: dict[str, Any] = {"anyOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}}]}
    schema = {"oneOf": [{"properties": {"a": {}}}, inner, {"type": "null"}, {"$ref": "#/gone"}, {"$ref": "#/loop"}]}
    found = united(schema, REFERENCES, START)
    assert found is not None
    assert sorted(found[0]["properties"]) == ["a", "b", "c"]


def test_it_keeps_the_first_description_of_a_property_that_alternatives_share() -> None:
    schema = {
        "oneOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": True}}, {"properties": {"a": {}}}]
    }
    found = united(schema, REFERENCES, START)
    assert found is not None
    assert found[0]["properties"] == {"a": {"type": "string"}}
