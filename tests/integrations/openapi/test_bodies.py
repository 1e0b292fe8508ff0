from typing import Any

import pytest

from tests.integrations.openapi.described import action_of, body, parameters_of, skipped

PARCEL: dict[str, Any] = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "grams": {"type": "integer"}},
    "required": ["to"],
}
WHOLE: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


def action(written: Any, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    top = more.pop("components", {})
    return action_of(body(written, media_type, **more), method="post", components=top)


def test_it_puts_the_fields_of_an_object_beside_the_parameters() -> None:
    made = action(PARCEL)
    assert made["parameters"] == {
        "to": {"type": "string", "in": "body"},
        "grams": {"type": "integer", "in": "body"},
    }
    assert made["required"] == ["to"]
    assert "body" not in made


@pytest.mark.parametrize("schema", [WHOLE, {"type": "string"}, {"type": "object"}, {}, {"type": ["object", "array"]}])
def test_it_takes_everything_else_as_one_field(schema: dict[str, Any]) -> None:
    made = action(schema, required=True, description="What to send.")
    assert made["parameters"]["body"]["in"] == "content"
    assert made["parameters"]["body"]["description"] == "What to send."
    assert made["required"] == ["body"]


def test_it_takes_a_map_as_one_field() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert action(schema)["parameters"] == {
        "body": {"type": "object", "additionalProperties": {"type": "integer"}, "in": "content"}
    }


def test_it_keeps_the_same_name_in_path_query_and_body_apart() -> None:
    operation = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "id", "in": "query", "schema": {"type": "integer"}},
            {"name": "id", "in": "header", "schema": {"type": "integer"}},
        ],
        **body({"properties": {"id": {"type": "boolean"}, "body": {}}}),
    }
    found = parameters_of(operation, method="put", path="/parcels/{id}")
    assert {name: (one["in"], one.get("as")) for name, one in found.items()} == {
        "id": ("path", None),
        "id_query": ("query", "id"),
        "id_header": ("header", "id"),
        "id_body": ("body", "id"),
        "body": ("body", None),
    }


def test_it_merges_all_of() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Parcel"}, {"properties": {"note": {}}, "required": ["note"]}]}
    made = action(schema, components={"schemas": {"Parcel": PARCEL}})
    assert sorted(made["parameters"]) == ["grams", "note", "to"]
    assert sorted(made["required"]) == ["note", "to"]


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_it_lays_alternatives_over_one_another(keyword: str) -> None:
    letter = {"properties": {"kind": {"enum": ["letter"]}, "to": {}}, "required": ["kind", "to"]}
    pallet = {"properties": {"kind": {"const": "pallet"}, "dock": {}}, "required": ["kind", "dock"]}
    made = action(
        {keyword: [letter, {"$ref": "#/components/schemas/Pallet"}]}, components={"schemas": {"Pallet": pallet}}
    )
    assert made["parameters"]["kind"]["enum"] == ["letter", "pallet"]
    assert sorted(made["parameters"]) == ["dock", "kind", "to"]
    assert made["required"] == ["kind"]
    assert made["description"].endswith("Give either: to; or: dock.")


def test_it_takes_alternatives_that_are_no_objects_as_one_field() -> None:
    made = action({"oneOf": [PARCEL, WHOLE]})
    assert [one.get("type") for one in made["parameters"]["body"]["anyOf"]] == ["object", "array"]


def test_it_leaves_out_what_only_the_service_writes() -> None:
    schema = {"properties": {"id": {"type": "string", "readOnly": True}, "to": {}, "never": False}}
    assert list(action(schema)["parameters"]) == ["to"]


@pytest.mark.parametrize(
    ("kinds", "chosen"),
    [
        (["application/xml", "application/json"], ""),
        (["application/json; charset=utf-8"], ""),
        (["*/*"], ""),
        (["application/vnd.api+json"], "application/vnd.api+json"),
        (["application/json-patch+json", "application/merge-patch+json"], "application/merge-patch+json"),
        (["multipart/form-data", "application/x-www-form-urlencoded", "text/json"], ""),
    ],
)
def test_it_chooses_json_and_names_an_unusual_kind(kinds: list[str], chosen: str) -> None:
    operation = {"requestBody": {"content": {kind: {"schema": PARCEL} for kind in kinds}}}
    made = action_of(operation, method="patch")
    assert made.get("headers", {}).get("Content-Type", "") == chosen
    assert "body" not in made


def test_it_takes_any_object_as_a_merge_patch_that_nobody_describes() -> None:
    made = action({}, "application/merge-patch+json")
    assert made["parameters"]["body"] == {"type": "object", "in": "content"}


@pytest.mark.parametrize(
    ("schema", "encoding", "style"),
    [
        ({"type": "string"}, {}, None),
        ({"type": "object"}, {}, "json"),
        ({"type": "object"}, {"style": "deepObject", "explode": True}, "deepObject"),
        (WHOLE, {}, None),
        (WHOLE, {"explode": False}, "comma"),
        (WHOLE, {"style": "pipeDelimited"}, "pipe"),
        ({"type": "array", "items": {"type": "object"}}, {}, "json"),
    ],
)
def test_it_writes_forms_as_the_description_says(schema: Any, encoding: Any, style: str | None) -> None:
    media = {"schema": {"properties": {"value": schema}}, "encoding": {"value": encoding}}
    operation = {"requestBody": {"content": {"application/x-www-form-urlencoded": media}}}
    made = action_of(operation, method="post")
    assert made["body"] == "form"
    assert made["parameters"]["value"].get("style") == style


def test_it_sends_files_in_a_form() -> None:
    binary = {"type": "string", "format": "binary"}
    schema = {"properties": {"photo": binary, "more": {"type": "array", "items": binary}, "to": {"type": "string"}}}
    made = action(schema, "multipart/form-data")
    assert made["body"] == "multipart"
    assert made["parameters"]["photo"] == {
        "type": ["string", "object"],
        "properties": {
            "base64": {"type": "string"},
            "filename": {"type": "string"},
            "content_type": {"type": "string"},
        },
        "description": 'Its text, or {"base64": …} with filename and content_type.',
        "in": "body",
    }
    assert made["parameters"]["more"]["type"] == "array"
    assert made["parameters"]["more"]["items"]["type"] == ["string", "object"]
    assert made["parameters"]["to"] == {"type": "string", "in": "body"}


def test_it_asks_for_a_file_where_a_form_with_files_says_nothing() -> None:
    assert list(action({}, "multipart/form-data", required=True)["parameters"]) == ["file"]
    assert "parameters" not in action({}, "multipart/form-data")


def test_it_leaves_an_empty_form_away() -> None:
    assert "body" not in action({"type": "object"}, "application/x-www-form-urlencoded")


@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/csv", "application/xml", "image/png"])
def test_it_sends_plain_bytes(media_type: str) -> None:
    made = action({"type": "string", "format": "binary"}, media_type, required=True)
    assert (made["body"], made["headers"]) == ("bytes", {"Content-Type": media_type})
    assert made["parameters"]["content"]["in"] == "content"
    assert made["parameters"]["content"]["description"].startswith(f"What is sent, as {media_type}.")


def test_it_gives_no_kind_where_any_may_be_sent() -> None:
    assert "headers" not in action({}, "image/*")


def test_it_leaves_out_the_body_of_what_has_none_in_http() -> None:
    assert "parameters" not in action_of(body(PARCEL), method="get")
    reason, sentence = skipped(body(PARCEL, required=True), method="get")
    assert (reason, sentence) == ("body", "It is a GET that needs a body, which HTTP does not know.")


def test_it_sends_the_body_of_a_delete() -> None:
    assert sorted(parameters_of(body(PARCEL), method="delete")) == ["grams", "to"]


def test_it_skips_what_has_a_body_that_nobody_describes() -> None:
    assert skipped({"requestBody": {"$ref": "#/gone"}}, method="post") == (
        "dangling",
        "Its body is `#/gone`, which names nothing.",
    )
    assert skipped(body({"$ref": "#/gone"}), method="post")[0] == "dangling"


def test_it_takes_a_body_that_stands_inside_of_itself_as_it_comes() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Loop"}], "properties": {"a": {}}}
    made = action({"$ref": "#/components/schemas/Loop"}, components={"schemas": {"Loop": schema}})
    assert list(made["parameters"]) == ["a"]


def test_it_has_no_body_where_the_description_gives_no_content() -> None:
    assert "parameters" not in action_of({"requestBody": {"description": "?"}}, method="post")


LOOP = {"schemas": {"Loop": {"$ref": "#/components/schemas/Loop"}}}
TO_LOOP = {"$ref": "#/components/schemas/Loop"}


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_it_takes_anything_where_a_description_only_refers_to_itself(media_type: str) -> None:
    (found,) = action(TO_LOOP, media_type, components=LOOP)["parameters"].values()
    assert found["in"] == "content"


def test_it_leaves_out_a_form_that_only_refers_to_itself() -> None:
    assert "parameters" not in action(TO_LOOP, "application/x-www-form-urlencoded", components=LOOP)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("schema", [TO_LOOP, {"type": "array", "items": TO_LOOP}, {"$ref": "#/gone"}])
def test_it_keeps_fields_of_a_form_that_nobody_describes(media_type: str, schema: Any) -> None:
    made = action({"properties": {"value": schema}}, media_type, components=LOOP)
    assert list(made["parameters"]) == ["value"]


def test_it_sends_bytes_that_nobody_describes() -> None:
    assert list(action({"$ref": "#/gone"}, "image/png")["parameters"]) == ["content"]
