from typing import Any

import pytest

from integrations.format.types import (
    AuthType,
    BodyFormat,
    ClientAuth,
    Grant,
    Login,
    OAuth,
    Place,
    Placement,
    SigV4,
)
from tests.integrations.format.samples import read_way

SIGN_IN = {"type": "oauth2", "authorize_url": "https://x.example/a", "token_url": "https://x.example/t"}


@pytest.mark.parametrize(
    ("way", "title", "entered", "secret"),
    [
        ({"type": "none"}, "Without an account", [], set()),
        ({"type": "api_key", "name": "K"}, "API key", ["key"], {"key"}),
        ({"type": "basic"}, "User name and password", ["username", "password"], {"password"}),
        ({"type": "bearer"}, "Access token", ["token"], {"token"}),
        (SIGN_IN, "Sign in", [], set()),
        (
            {"type": "login", "call": "/in", "token_path": "t"},
            "User name and password",
            ["username", "password"],
            {"password"},
        ),
        (
            {"type": "aws_sigv4", "service": "s3", "region": "eu-central-1"},
            "AWS access key",
            ["access_key_id", "secret_access_key", "session_token"],
            {"secret_access_key", "session_token"},
        ),
    ],
)
def test_it_knows_what_is_entered_for_each_type(
    way: dict[str, Any], title: str, entered: list[str], secret: set[str]
) -> None:
    read = read_way(**way)
    assert (read.type, read.title) == (AuthType(way["type"]), title)
    assert (list(read.fields["properties"]), read.secret_fields) == (entered, frozenset(secret))


def test_it_asks_for_a_session_token_only_of_those_who_have_one() -> None:
    way = read_way(type="aws_sigv4", service="s3", region="eu-central-1")
    assert way.fields["required"] == ["access_key_id", "secret_access_key"]
    assert way.sigv4 == SigV4("s3", "eu-central-1")


def test_it_keeps_a_usual_field_secret_that_is_described_anew() -> None:
    way = read_way(type="bearer", fields={"token": {"title": "Bot token", "pattern": "^xoxb-"}})
    assert way.secret_fields == {"token"}
    assert way.fields["properties"]["token"]["title"] == "Bot token"


def test_it_takes_fields_of_its_own() -> None:
    fields = {"username": {"title": "Key", "secret": True}, "note": {"required": False}}
    way = read_way(type="basic", fields=fields)
    assert way.fields == {
        "type": "object",
        "properties": {
            "username": {"type": "string", "title": "Key", "minLength": 1, "maxLength": 1000, "writeOnly": True},
            "note": {"type": "string"},
        },
        "required": ["username"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("way", "placement"),
    [
        ({"type": "api_key", "name": "X-Key"}, Placement(Place.HEADER, "X-Key", "")),
        ({"type": "api_key", "name": "Authorization"}, Placement(Place.HEADER, "Authorization", "")),
        ({"type": "api_key", "name": "key", "in": "query"}, Placement(Place.QUERY, "key", "")),
        ({"type": "api_key", "name": "sid", "in": "cookie"}, Placement(Place.COOKIE, "sid", "")),
        ({"type": "api_key", "name": "Authorization", "prefix": "Token "}, Placement(prefix="Token ")),
        ({"type": "bearer"}, Placement(prefix="Bearer ")),
        ({"type": "bearer", "name": "X-Token"}, Placement(name="X-Token")),
        ({**SIGN_IN, "prefix": "OAuth "}, Placement(prefix="OAuth ")),
    ],
)
def test_it_knows_where_a_key_or_token_goes(way: dict[str, Any], placement: Placement) -> None:
    read = read_way(**way).placement
    assert (read, type(read.place)) == (placement, Place)


def test_it_reads_a_sign_in_with_its_usual_ways() -> None:
    assert read_way(**SIGN_IN).oauth == OAuth(
        grant=Grant.AUTHORIZATION_CODE, authorize_url="https://x.example/a", token_url="https://x.example/t"
    )


def test_it_reads_what_a_vendor_does_unlike_others() -> None:
    oauth = read_way(
        **SIGN_IN,
        grant="client_credentials",
        client_auth="basic",
        token_format="json",
        scopes={"a": "Do it", "b": "Undo it"},
        default_scopes=["a"],
        scope_separator=",",
        pkce=False,
        keep={"origin": "instance_url"},
        lifetime_seconds=3600,
        dead_codes=["token_gone"],
        issuer="https://x.example",
    ).oauth
    assert oauth
    assert (oauth.grant, oauth.client_auth) == (Grant.CLIENT_CREDENTIALS, ClientAuth.BASIC)
    assert (oauth.token_format, oauth.pkce, oauth.scope_separator) == (BodyFormat.JSON, False, ",")
    assert (oauth.dead_codes, oauth.issuer) == (("token_gone",), "https://x.example")
    assert (oauth.default_scopes, oauth.keep, oauth.lifetime_seconds) == (("a",), {"origin": "instance_url"}, 3600)


def test_it_sends_what_was_entered_to_log_in() -> None:
    assert read_way(type="login", call="/session", token_path="token").login == Login(
        method="POST",
        url="/session",
        body={"username": "username", "password": "password"},
        body_format=BodyFormat.JSON,
        token_path="token",
    )


def test_it_takes_a_log_in_of_another_shape() -> None:
    login = read_way(
        type="login",
        call="PUT /session",
        body={"user": "username", "secret": "password"},
        body_format="form",
        token_path="token",
        expires_in_path="ttl",
        lifetime_seconds=60,
    ).login
    assert login == Login(
        "PUT", "/session", {"user": "username", "secret": "password"}, BodyFormat.FORM, "token", "ttl", 60
    )
