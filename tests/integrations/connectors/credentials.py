"""Credentials that open nothing, for each way to prove who calls, and what a request has to show of them."""

import base64
from collections.abc import Mapping
from typing import Any

from integrations.connections.auth.base import Client, Held
from integrations.format.types import AuthType, AuthWay, Connector, Place
from tests.integrations.connectors.fixtures import Fixture
from tests.integrations.connectors.vendor import query_of
from tests.upstream import Received

ACCESS = "not-an-access-token"
CLIENT = Client("not-a-client", "not-a-client-secret")


def variables_of(connector: Connector, fixture: Fixture) -> dict[str, str]:
    """The fixture's own, else the example that the connector gives."""
    examples = {each.name: each.default or each.example for each in connector.variables}
    return {**examples, **fixture.variables}


def way_of(connector: Connector, fixture: Fixture) -> AuthWay:
    return (connector.way(fixture.auth) if fixture.auth else None) or connector.auth[0]


def values_of(way: AuthWay) -> dict[str, str]:
    properties: Mapping[str, Mapping[str, Any]] = way.fields.get("properties", {})
    return {name: field.get("default", f"not-a-{name}") for name, field in properties.items()}


def held_of(way: AuthWay, base_url: str, variables: Mapping[str, str], *, access: str = ACCESS) -> Held:
    return Held(way, base_url, variables, values_of(way), access=access, client=CLIENT)


def shows(way: AuthWay, received: Received) -> bool:
    """Whether the request carries the credential, in the one place where it belongs."""
    if way.type is AuthType.NONE:
        return "Authorization" not in received.headers
    if way.type is AuthType.SIGV4:
        return received.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=not-a-access_key_id/")
    return _carried(way, received) == _expected(way)


def carries_nothing(way: AuthWay, received: Received) -> bool:
    """Whether no secret is anywhere in the request."""
    secrets = [ACCESS, CLIENT.secret, *(values_of(way)[name] for name in way.secret_fields)]
    return not any(secret in f"{received.path}{received.headers}{received.body!r}" for secret in secrets)


def _expected(way: AuthWay) -> str:
    values = values_of(way)
    if way.type is AuthType.BASIC:
        pair = f"{values['username']}:{values.get('password', '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    token = {AuthType.API_KEY: values.get("key"), AuthType.BEARER: values.get("token")}.get(way.type, ACCESS)
    return f"{way.placement.prefix}{token}"


def _carried(way: AuthWay, received: Received) -> str | None:
    place, name = way.placement.place, way.placement.name
    if place is Place.QUERY:
        return query_of(received).get(name)
    if place is Place.COOKIE:
        return received.headers.get("Cookie", "").partition(f"{name}=")[2]
    return {sent.lower(): value for sent, value in received.headers.items()}.get(name.lower())
