"""From `auth` in a connector's document to the ways to prove who calls."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from integrations.format.calls import read_call
from integrations.format.defaults import FIELDS, TITLES, placement_of
from integrations.format.types import AuthType, AuthWay, BodyFormat, ClientAuth, Grant, Login, OAuth, SigV4

_OAUTH_FIELDS = frozenset(field.name for field in fields(OAuth))


def read_way(name: str, way: Mapping[str, Any]) -> AuthWay:
    """Of a document that has the right shape."""
    kind = AuthType(way["type"])
    entered = _fields(kind, way.get("fields"))
    return AuthWay(
        name=name,
        type=kind,
        title=way.get("title", TITLES[kind]),
        fields=entered,
        placement=placement_of(way),
        oauth=_oauth(way) if kind is AuthType.OAUTH2 else None,
        login=_login(way, entered) if kind is AuthType.LOGIN else None,
        sigv4=SigV4(service=way["service"], region=way["region"]) if kind is AuthType.SIGV4 else None,
        help=way.get("help", ""),
    )


def _fields(kind: AuthType, written: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """A field of a usual name keeps what the usual one has, above all that it is secret."""
    usual = FIELDS[kind]
    found = usual if written is None else {name: {**usual.get(name, {}), **field} for name, field in written.items()}
    properties = {name: _field(field) for name, field in found.items()}
    required = [name for name, field in found.items() if field.get("required", True)]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    schema = {name: value for name, value in field.items() if name not in ("secret", "required")}
    secret = field.get("secret", schema.pop("writeOnly", False))
    return {"type": "string", **schema, **({"writeOnly": True} if secret else {})}


def _oauth(way: Mapping[str, Any]) -> OAuth:
    known = {name: value for name, value in way.items() if name in _OAUTH_FIELDS}
    read = {
        "grant": Grant(way.get("grant", Grant.AUTHORIZATION_CODE)),
        "client_auth": ClientAuth(way.get("client_auth", ClientAuth.BODY)),
        "token_format": BodyFormat(way.get("token_format", BodyFormat.FORM)),
        "default_scopes": tuple(way.get("default_scopes", ())),
        "dead_codes": tuple(way.get("dead_codes", ())),
    }
    return OAuth(**{**known, **read})


def _login(way: Mapping[str, Any], entered: Mapping[str, Any]) -> Login:
    method, url = read_call(way["call"], usual="POST")
    return Login(
        method=method,
        url=url,
        body=way.get("body", {name: name for name in entered["properties"]}),
        body_format=BodyFormat(way.get("body_format", BodyFormat.JSON)),
        token_path=way["token_path"],
        expires_in_path=way.get("expires_in_path", ""),
        lifetime_seconds=way.get("lifetime_seconds"),
    )
