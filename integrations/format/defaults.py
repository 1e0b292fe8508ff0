"""What is not written because it follows: names, places, effects, and the fields that a way to prove oneself has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from integrations.format.types import AuthType, Place, Placement

READ, WRITE, DESTRUCTIVE = "read", "write", "destructive"

WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose parameters go into the query."""
_REPEATABLE = frozenset({"PUT", "DELETE"})  # RFC 9110, 9.2.2
_EFFECTS = {"GET": READ, "HEAD": READ, "DELETE": DESTRUCTIVE}

TITLES: Mapping[AuthType, str] = MappingProxyType(
    {
        AuthType.NONE: "Without an account",
        AuthType.API_KEY: "API key",
        AuthType.BASIC: "User name and password",
        AuthType.BEARER: "Access token",
        AuthType.OAUTH2: "Sign in",
        AuthType.LOGIN: "User name and password",
        AuthType.SIGV4: "AWS access key",
    }
)
_OPEN = {"type": "string", "minLength": 1, "maxLength": 1000}
_SECRET = {"type": "string", "minLength": 1, "maxLength": 10_000, "writeOnly": True}
_PERSON = {
    "username": {"title": "User name", **_OPEN},
    "password": {"title": "Password", **_SECRET},
}
FIELDS: Mapping[AuthType, Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        AuthType.NONE: {},
        AuthType.API_KEY: {"key": {"title": "API key", **_SECRET}},
        AuthType.BASIC: _PERSON,
        AuthType.BEARER: {"token": {"title": "Access token", **_SECRET}},
        AuthType.OAUTH2: {},
        AuthType.LOGIN: _PERSON,
        AuthType.SIGV4: {
            "access_key_id": {"title": "Access key id", **_OPEN},
            "secret_access_key": {"title": "Secret access key", **_SECRET},
            "session_token": {"title": "Session token", **_SECRET, "required": False},
        },
    }
)
"""What a person enters where the connector does not say."""
PART_OF_A_HOST = "[A-Za-z0-9-]+"
WHOLE_ORIGIN = r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?"


def name_from(slug: str) -> str:
    """`post-message` and `post_message` as `Post message`."""
    words = slug.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def placement_of(way: Mapping[str, Any]) -> Placement:
    name = way.get("name", "Authorization")
    is_token = way["type"] != AuthType.API_KEY and name == "Authorization"
    return Placement(Place(way.get("in", Place.HEADER)), name, way.get("prefix", "Bearer " if is_token else ""))


def effect_of(call: Mapping[str, Any], method: str) -> str:
    """Of one call: what its method promises (RFC 9110, 9.2.1), or its GraphQL document."""
    if "graphql" in call:
        return WRITE if call["graphql"].lstrip().startswith("mutation") else READ
    return _EFFECTS.get(method, WRITE)


def is_idempotent(effect: str, method: str) -> bool:
    return effect == READ or method in _REPEATABLE


def pattern_of(variable: str, base_url: str) -> str:
    return WHOLE_ORIGIN if base_url.startswith(f"{{{variable}}}") else PART_OF_A_HOST
