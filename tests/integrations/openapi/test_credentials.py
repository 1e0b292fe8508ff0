from typing import Any

import pytest

from tests.integrations.openapi.described import action_of, body, connector_of, converted, parameters_of, skipped

KEY = {"type": "apiKey", "in": "query", "name": "sig"}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("header", "Authorization"),
        ("query", "api_key"),
        ("query", "apiKey"),
        ("header", "X-API-Key"),
        ("query", "access_token"),
        ("header", "X-Auth-Token"),
        ("query", "oauth_token"),
        ("header", "Ocp-Apim-Subscription-Key"),
    ],
)
def test_it_never_asks_a_model_for_a_credential(place: str, name: str) -> None:
    written = {"name": name, "in": place, "required": True, "schema": {"type": "string"}}
    assert parameters_of({"parameters": [written]}) == {}


def test_it_knows_the_descriptions_own_keys() -> None:
    written = {"name": "SIG", "in": "query", "schema": {}}
    components = {"securitySchemes": {"main": KEY}}
    assert parameters_of({"parameters": [written]}, components=components) == {}
    assert list(parameters_of({"parameters": [{**written, "in": "header"}]}, components=components)) == ["SIG"]


@pytest.mark.parametrize(
    ("name", "description", "is_one"),
    [
        ("token", "Authentication token. Requires scope: `x`", True),
        ("token", "Page token of the answer before.", False),
        ("key", "Your API key.", True),
        ("key", "The key of the issue.", False),
        ("page_token", "Authentication is needed for this.", False),
    ],
)
def test_it_looks_at_what_a_doubtful_name_is_for(name: str, description: str, is_one: bool) -> None:
    written = {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}
    assert (parameters_of({"parameters": [written]}) == {}) is is_one


def test_it_skips_what_takes_a_credential_in_its_body() -> None:
    schema = {"properties": {"client_secret": {"type": "string"}}, "required": ["client_secret"]}
    reason, sentence = skipped(body(schema), method="post")
    assert reason == "credential"
    assert sentence == "It takes credentials in its body (client_secret), and only a connection may give them."


def test_it_leaves_out_a_credential_that_a_body_may_do_without() -> None:
    schema = {"properties": {"client_secret": {"type": "string"}, "to": {"type": "string"}}}
    assert list(parameters_of(body(schema), method="post")) == ["to"]


def test_it_leaves_out_the_token_of_the_caller_in_a_body() -> None:
    token = {"type": "string", "description": "Authentication token bearing required scopes."}
    assert list(
        parameters_of(body({"properties": {"token": token, "to": {}}, "required": ["token"]}), method="post")
    ) == ["to"]


def test_it_keeps_what_a_body_is_about() -> None:
    properties: dict[str, Any] = {"key": {"type": "string", "description": "The public key to authenticate with."}}
    assert list(parameters_of(body({"properties": properties}), method="post")) == ["key"]


def test_it_skips_what_holds_a_credential_in_its_path() -> None:
    written = {"name": "access_token", "in": "path", "required": True, "schema": {}}
    assert skipped({"parameters": [written]}, path="/o/{access_token}")[0] == "credential"
    assert skipped({}, path="/o/{apikey}/x")[0] == "credential"


def test_it_keeps_an_authorization_that_is_a_thing() -> None:
    written = {"name": "authorization", "in": "path", "required": True, "schema": {"type": "string"}}
    action = action_of({"parameters": [written]}, path="/authorizations/{authorization}")
    assert action["call"] == "GET /authorizations/{authorization_id}"
    assert action["parameters"] == {"authorization_id": {"type": "string", "in": "path"}}


def test_it_makes_a_way_to_connect_of_a_key_that_is_asked_for_as_a_parameter() -> None:
    paths = {"/a": {"get": {"parameters": [{"name": "api_key", "in": "query", "schema": {}}]}}}
    assert converted(paths).document["connector"]["auth"] == {
        "key": {"type": "api_key", "title": "API key", "in": "query", "name": "api_key"}
    }
    paths = {"/a": {"get": {"parameters": [{"name": "Authorization", "in": "header", "schema": {}}]}}}
    assert converted(paths).document["connector"]["auth"] == {"key": {"type": "bearer", "title": "Access token"}}


def test_it_offers_a_token_where_nothing_is_said() -> None:
    assert list(connector_of()["auth"]) == ["token", "none"]
