from typing import Any

import pytest

from tests.integrations.openapi.described import action_of, parameter, parameters_of, skipped

LIST: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
OBJECT: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ({}, "form"),
        ({"style": "form", "explode": True}, "form"),
        ({"style": "form", "explode": False}, "comma"),
        ({"explode": False}, "comma"),
        ({"style": "spaceDelimited", "explode": False}, "space"),
        ({"style": "pipeDelimited", "explode": False}, "pipe"),
        ({"style": "pipeDelimited", "explode": True}, "form"),
    ],
)
def test_it_writes_lists_in_the_query_as_the_description_says(written: dict[str, Any], style: str) -> None:
    assert parameter(LIST, **written).get("style", "form") == style


@pytest.mark.parametrize("items", [{"type": "object"}, {"type": "array"}])
def test_it_writes_lists_of_what_is_no_single_word_as_json(items: dict[str, Any]) -> None:
    assert parameter({"type": "array", "items": items})["style"] == "json"


def test_it_writes_deep_objects_with_brackets() -> None:
    found = parameter(OBJECT, style="deepObject", explode=True)
    assert (found["style"], list(found["properties"])) == ("deepObject", ["a", "b"])


def test_it_spreads_the_properties_of_an_object_over_the_query() -> None:
    found = parameters_of({"parameters": [{"name": "filter", "in": "query", "schema": OBJECT}]})
    assert found == {"a": {"type": "string", "in": "query"}, "b": {"type": "integer", "in": "query"}}


def test_it_keeps_an_open_object_together() -> None:
    assert parameter({"type": "object"})["style"] == "form"


def test_it_writes_json_where_the_parameter_is_json() -> None:
    written = {"name": "q", "in": "query", "content": {"application/json": {"schema": OBJECT}}}
    assert parameters_of({"parameters": [written]})["q"]["style"] == "json"


def test_it_writes_lists_in_the_path_with_commas() -> None:
    written = {"name": "ids", "in": "path", "required": True, "schema": LIST}
    found = parameters_of({"parameters": [written]}, path="/parcels/{ids}")["ids"]
    assert (found["in"], found["style"]) == ("path", "comma")


@pytest.mark.parametrize(
    ("placeholder", "more"),
    [
        ("+name", {}),
        ("name*", {}),
        ("name=projects/*", {}),
        ("name", {"allowReserved": True}),
        ("name", {"description": "In the form `projects/{project}/topics/{topic}`."}),
        ("name", {"description": "As organizations/ORG_ID."}),
    ],
)
def test_it_keeps_the_slashes_of_names_that_have_parts(placeholder: str, more: dict[str, Any]) -> None:
    written = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, **more}
    found = parameters_of({"parameters": [written]}, path=f"/v1/{{{placeholder}}}")["name"]
    assert found["style"] == "segments"


def test_it_keeps_no_slashes_in_a_plain_part_of_a_path() -> None:
    written = {"name": "name", "in": "path", "description": "Yes/no, users/me.", "schema": {"type": "string"}}
    assert "style" not in parameters_of({"parameters": [written]}, path="/v1/{name}")["name"]


def test_it_makes_one_text_of_a_header() -> None:
    found = parameter(LIST, name="X-Ids", place="header")
    assert (found["type"], found["in"], "style" in found) == ("string", "header", False)
    assert "style" not in parameter({}, name="X-Any", place="header")
    assert "separated by commas" in found["description"]


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Host", "User-Agent"])
def test_it_leaves_out_headers_that_are_the_clients(name: str) -> None:
    assert parameters_of({"parameters": [{"name": name, "in": "header", "schema": {}}]}) == {}


@pytest.mark.parametrize("name", ["prettyPrint", "callback", "quotaUser"])
def test_it_leaves_out_what_only_formats_an_answer(name: str) -> None:
    assert parameters_of({"parameters": [{"name": name, "in": "query", "schema": {}}]}) == {}


def test_it_leaves_out_what_is_deprecated_unless_it_is_required() -> None:
    old = {"name": "old", "in": "query", "deprecated": True, "schema": {"type": "string"}}
    told = {"name": "told", "in": "query", "description": "Deprecated: use new.", "schema": {}}
    assert parameters_of({"parameters": [old, told]}) == {}
    assert list(parameters_of({"parameters": [{**old, "required": True}]})) == ["old"]


def test_it_sends_what_can_only_be_one_value_without_asking() -> None:
    version = {"name": "Version", "in": "query", "required": True, "schema": {"type": "string", "enum": ["2016-11-15"]}}
    header = {"name": "X-V", "in": "header", "required": True, "schema": {"const": 2}}
    optional = {"name": "alt", "in": "query", "schema": {"enum": ["json"]}}
    action = action_of({"parameters": [version, header, optional]})
    assert (action["query"], action["headers"]) == ({"Version": "2016-11-15"}, {"X-V": "2"})
    assert list(action["parameters"]) == ["alt"]


@pytest.mark.parametrize("only", ["ü", "a\nb", "x" * 201, [1], None])
def test_it_asks_for_what_no_url_can_hold_as_it_is(only: Any) -> None:
    action = action_of({"parameters": [{"name": "v", "in": "query", "required": True, "schema": {"enum": [only]}}]})
    assert "query" not in action
    assert action["required"] == ["v"]


def test_it_skips_what_needs_a_cookie() -> None:
    written = {"name": "sid", "in": "cookie", "required": True, "schema": {}}
    reason, sentence = skipped({"parameters": [written]})
    assert (reason, sentence) == (
        "cookie",
        "It needs the cookie `sid`, and calls send none but a connection's own.",
    )
    assert parameters_of({"parameters": [{**written, "required": False}]}) == {}


def test_it_skips_what_stands_nowhere() -> None:
    assert skipped({"parameters": [{"name": "x", "in": "moon", "schema": {}}]})[0] == "malformed"


def test_it_adds_parts_of_the_path_that_nobody_described() -> None:
    action = action_of({}, path="/parcels/{parcel-id}/{n}")
    assert action["parameters"] == {
        "parcel-id": {"type": "string", "in": "path"},
        "n": {"type": "string", "in": "path"},
    }
    assert action["required"] == ["parcel-id", "n"]


def test_it_leaves_out_parts_of_a_path_that_has_none() -> None:
    assert parameters_of({"parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}]}) == {}


def test_it_shows_the_example_that_stands_beside_a_schema() -> None:
    assert parameter({"type": "string"}, example="A-1")["examples"] == ["A-1"]


def test_it_reads_on_where_a_schema_dangles() -> None:
    assert parameter({"$ref": "#/gone"}) == {"in": "query", "style": "form"}
