from typing import Any

import pytest

from integrations.openapi.convert import Converted, convert


def converted_2(operation: dict[str, Any], *, method: str = "post", **top: Any) -> Converted:
    root = {
        "swagger": "2.0",
        "info": {"title": "Parcels"},
        "host": "api.parcels.example.com",
        "basePath": "/v2",
        "schemes": ["http", "https"],
        "paths": {"/parcels": {method: operation}},
        **top,
    }
    return convert(root, slug="parcels")


def action_2(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    (action,) = converted_2(operation, **more).document["actions"].values()
    assert isinstance(action, dict)
    return action


def test_it_prefers_the_encrypted_scheme() -> None:
    assert converted_2({}).document["connector"]["base_url"] == "https://api.parcels.example.com/v2"


def test_it_takes_a_document_without_a_host_for_one_at_its_own_place() -> None:
    connector = converted_2({}, host=None).document["connector"]
    assert connector["base_url"] == "{origin}/v2"


def test_it_reads_a_body() -> None:
    parcel = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
    body = {"name": "parcel", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Parcel"}}
    action = action_2({"parameters": [body]}, definitions={"Parcel": parcel})
    assert action["parameters"] == {"to": {"type": "string", "in": "body"}}
    assert action["required"] == ["to"]


def test_it_reads_a_form() -> None:
    fields = [
        {"name": "to", "in": "formData", "type": "string", "required": True, "description": "Whom."},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "csv"},
    ]
    action = action_2({"parameters": fields, "consumes": ["application/x-www-form-urlencoded"]})
    assert action["body"] == "form"
    assert action["parameters"]["to"] == {"type": "string", "description": "Whom.", "in": "body"}
    assert action["parameters"]["tags"]["style"] == "comma"
    assert action["required"] == ["to"]


def test_it_sends_files_as_a_form_with_files() -> None:
    action = action_2({"parameters": [{"name": "photo", "in": "formData", "type": "file"}]})
    assert action["body"] == "multipart"
    assert action["parameters"]["photo"]["type"] == ["string", "object"]


@pytest.mark.parametrize(
    ("collection", "style"),
    [(None, "comma"), ("csv", "comma"), ("multi", "form"), ("ssv", "space"), ("pipes", "pipe"), ("odd", "form")],
)
def test_it_knows_how_lists_are_written(collection: str | None, style: str) -> None:
    written: dict[str, Any] = {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}}
    written |= {"collectionFormat": collection} if collection else {}
    found = action_2({"parameters": [written]}, method="get")["parameters"]["ids"]
    assert found.get("style", "form") == style
    assert found["items"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("scheme", "way"),
    [
        ({"type": "basic"}, {"type": "basic", "title": "User name and password"}),
        (
            {"type": "apiKey", "in": "query", "name": "k"},
            {"type": "api_key", "title": "API key", "in": "query", "name": "k"},
        ),
        (
            {
                "type": "oauth2",
                "flow": "accessCode",
                "authorizationUrl": "https://a.example.com/o",
                "tokenUrl": "https://a.example.com/t",
                "scopes": {"read": "Read *all*."},
            },
            {
                "type": "oauth2",
                "title": "Sign in",
                "grant": "authorization_code",
                "authorize_url": "https://a.example.com/o",
                "token_url": "https://a.example.com/t",
                "scopes": {"read": "Read all."},
            },
        ),
    ],
)
def test_it_reads_how_callers_prove_who_they_are(scheme: dict[str, Any], way: dict[str, Any]) -> None:
    assert converted_2({}, securityDefinitions={"main": scheme}).document["connector"]["auth"] == {"main": way}


def test_it_reads_a_parameter_that_is_written_as_in_3() -> None:
    written = {"name": "n", "in": "query", "schema": {"type": "integer"}}
    assert action_2({"parameters": [written]}, method="get")["parameters"]["n"]["type"] == "integer"
