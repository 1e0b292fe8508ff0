from typing import Any

import pytest

from tests.integrations.openapi.described import connector_of, warnings_of

CODE = {
    "authorizationUrl": "/authorize",
    "tokenUrl": "https://id.parcels.com/token",
    "refreshUrl": "/refresh",
    "scopes": {"a": "", "": "x"},
}


def ways(**schemes: Any) -> dict[str, Any]:
    found: dict[str, Any] = connector_of(
        servers=[{"url": "https://api.parcels.com"}], components={"securitySchemes": schemes}
    )["auth"]
    return found


@pytest.mark.parametrize(
    ("scheme", "way"),
    [
        ({"type": "http", "scheme": "Basic"}, {"type": "basic", "title": "User name and password"}),
        ({"type": "http", "scheme": "bearer"}, {"type": "bearer", "title": "Access token"}),
        (
            {"type": "apiKey", "in": "header", "name": "X-Key", "description": "See *Settings*."},
            {"type": "api_key", "title": "API key", "in": "header", "name": "X-Key", "help": "See Settings."},
        ),
        (
            {"type": "apiKey", "in": "cookie", "name": "sid"},
            {"type": "api_key", "title": "API key", "in": "cookie", "name": "sid"},
        ),
        ({"type": "apiKey", "in": "header", "name": "Authorization"}, {"type": "bearer", "title": "Access token"}),
        (
            {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Send `Token abc`."},
            {"type": "bearer", "title": "Access token", "prefix": "Token ", "help": "Send Token abc."},
        ),
        (
            {"type": "oauth2", "flows": {"authorizationCode": CODE}},
            {
                "type": "oauth2",
                "title": "Sign in",
                "grant": "authorization_code",
                "authorize_url": "https://api.parcels.com/authorize",
                "token_url": "https://id.parcels.com/token",
                "refresh_url": "https://api.parcels.com/refresh",
                "scopes": {"a": ""},
            },
        ),
    ],
)
def test_it_reads_how_callers_prove_who_they_are(scheme: Any, way: Any) -> None:
    assert ways(main=scheme) == {"main": way}


def test_it_signs_for_amazon() -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
    regional = {"url": "https://ec2.{region}.amazonaws.com", "variables": {"region": {"default": "us-east-1"}}}
    components = {"securitySchemes": {"hmac": scheme}}
    assert connector_of(servers=[regional], components=components)["auth"] == {
        "hmac": {"type": "aws_sigv4", "service": "ec2", "region": "{region}"}
    }
    assert connector_of(servers=[{"url": "https://iam.amazonaws.com"}], components=components)["auth"]["hmac"] == {
        "type": "aws_sigv4",
        "service": "iam",
        "region": "us-east-1",
    }


def test_it_makes_a_way_of_each_flow_that_can_be_followed() -> None:
    machine = {"tokenUrl": "https://id.parcels.com/token", "scopes": {}}
    found = ways(
        OAuth2={"type": "oauth2", "flows": {"clientCredentials": machine, "authorizationCode": CODE, "implicit": {}}}
    )
    assert {name: way["grant"] for name, way in found.items()} == {
        "o-auth2": "authorization_code",
        "o-auth2-client": "client_credentials",
    }


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [
        (
            {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://x.example.com"}}},
            "The flows of `main` (implicit) cannot be followed here; an access token can be entered.",
        ),
        ({"type": "oauth2"}, "The flows of `main` (none) cannot be followed here; an access token can be entered."),
        (
            {"type": "openIdConnect", "openIdConnectUrl": "https://x.example.com"},
            "The security scheme `main` (openIdConnect) has to be set up by hand; a token can be entered.",
        ),
        (
            {"type": "mutualTLS"},
            "The security scheme `main` (mutualTLS) has to be set up by hand; a token can be entered.",
        ),
        ({}, "The security scheme `main` (nothing known) has to be set up by hand; a token can be entered."),
    ],
)
def test_it_says_what_has_to_be_set_up_by_hand(scheme: Any, sentence: str) -> None:
    assert sentence in warnings_of(components={"securitySchemes": {"main": scheme}})
    assert ways(main=scheme)["main"]["type"] == "bearer"


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "apiKey"},
        {"type": "apiKey", "in": "body", "name": "x"},
        {"type": "apiKey", "in": "header", "name": "a b"},
    ],
)
def test_it_leaves_out_a_key_that_goes_nowhere(scheme: Any) -> None:
    warnings = warnings_of(components={"securitySchemes": {"main": scheme}})
    assert "The security scheme `main` does not say where its key goes, and was left out." in warnings


def test_it_prefers_signing_in_to_entering_keys() -> None:
    found = ways(
        basic={"type": "http", "scheme": "basic"},
        key={"type": "apiKey", "in": "query", "name": "k"},
        oauth={"type": "oauth2", "flows": {"authorizationCode": CODE}},
    )
    assert list(found) == ["oauth", "key", "basic"]


def test_it_names_ways_as_the_format_takes_them() -> None:
    assert list(ways(**{"2 Legged_OAuth!": {"type": "http", "scheme": "basic"}})) == ["legged-o-auth"]
    assert list(ways(日本={"type": "http", "scheme": "basic"})) == ["key"]
