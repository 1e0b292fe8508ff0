"""What makes a connector a good one, beyond its shape: what belongs together is there, and nothing leads elsewhere."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from jsonschema_rs import Draft202012Validator, ValidationError, meta

from accounts.errors import Fault, Quote
from accounts.models.limits import RATE
from integrations.format.check_calls import host_faults
from integrations.format.check_urls import address_faults
from integrations.format.types import AuthType, AuthWay, Connector, Grant, OAuth
from integrations.json_paths import json_path
from integrations.mapping import check_mapping
from integrations.patterns import PATTERN_OPTIONS

CATEGORIES = (
    *("ai", "analytics", "calendar", "commerce", "communication", "crm", "development", "documents", "email"),
    *("finance", "hr", "marketing", "messaging", "other", "payments", "project-management", "security", "storage"),
    "support",
)
IMPORTED = "openapi"
"""The source of those that nobody wrote by hand: they have no check call."""
LONGEST_SLUG = 40
_NEEDED = {
    AuthType.API_KEY: ("key",),
    AuthType.BASIC: ("username",),
    AuthType.BEARER: ("token",),
    AuthType.SIGV4: ("access_key_id", "secret_access_key"),
}
"""The fields that a type is about, whatever else is entered."""
_OURS = frozenset(("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"))
"""What binds a sign-in to whoever began it (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def connector_faults(connector: Connector) -> Iterator[Fault]:
    """What is wrong with it, its actions left aside."""
    if not _SLUG.fullmatch(connector.slug) or len(connector.slug) > LONGEST_SLUG:
        yield Fault("$.slug", f"A slug has up to {LONGEST_SLUG} small letters, digits and single dashes.")
    if connector.category not in CATEGORIES:
        yield Fault("$.connector.category", f"There is no such category. Known: {', '.join(CATEGORIES)}.")
    if connector.docs_url and not connector.docs_url.startswith(("https://", "http://")):
        yield Fault("$.connector.docs", "Give an https:// or http:// URL: people follow it.")
    yield from address_faults(connector)
    for way in connector.auth:
        yield from _way_faults(way)
    yield from _check_faults(connector)
    yield from check_mapping("$.connector.error_when", connector.error_when)
    yield from check_mapping("$.connector.error_message", connector.error_message)
    if connector.rate_limit is not None:
        for field, sentence in RATE.faults(connector.rate_limit):
            yield Fault(json_path([field] if field else [], "$.connector.rate_limit"), sentence)


def schema_faults(path: str, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """What is no JSON Schema (draft 2020-12) in it. Nothing that it refers to is fetched."""
    try:
        meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    except ValidationError as error:
        yield Fault(json_path(error.instance_path, path), Quote(f"This is no JSON Schema: {error.message}."))


def _way_faults(way: AuthWay) -> Iterator[Fault]:
    path = f"$.connector.auth.{way.name}"
    yield from _field_faults(f"{path}.fields", way.fields)
    for name in _NEEDED.get(way.type, ()):
        if name not in way.fields["properties"]:
            yield Fault(f"{path}.fields", f"A way of type `{way.type}` needs the field `{name}`.")
    if way.oauth:
        yield from _oauth_faults(path, way.oauth)
    if way.login:
        yield from check_mapping(f"{path}.token_path", way.login.token_path)
        yield from check_mapping(f"{path}.expires_in_path", way.login.expires_in_path)
        for name, field in way.login.body.items():
            if field not in way.fields["properties"]:
                yield Fault(json_path(["body", name], path), f"There is no field `{field}` to enter.")


def _field_faults(path: str, fields: Mapping[str, Any]) -> Iterator[Fault]:
    """What a person enters is read by the linear-time engine, and nothing is fetched for it."""
    if faults := list(schema_faults(path, fields)):
        yield from faults
        return
    try:
        Draft202012Validator(dict(fields), retriever=_fetch_nothing, pattern_options=PATTERN_OPTIONS)
    except ValidationError:
        yield Fault(
            path, "These fields cannot be read by: a `$ref` leads outside, or a `pattern` looks around or back."
        )


def _oauth_faults(path: str, oauth: OAuth) -> Iterator[Fault]:
    if oauth.grant is Grant.AUTHORIZATION_CODE and not oauth.authorize_url:
        yield Fault(f"{path}.authorize_url", "Say where a person agrees, or give `grant: client_credentials`.")
    for name in sorted(_OURS & {*oauth.authorize_params, oauth.scope_parameter}):
        yield Fault(json_path(["authorize_params", name], path), "This is not the connector's to say. Leave it out.")
    for scope in oauth.default_scopes:
        if scope not in oauth.scopes:
            yield Fault(f"{path}.default_scopes", Quote(f"`{scope}` is not among the `scopes`."))
    yield from check_mapping(f"{path}.token_path", oauth.token_path)
    yield from check_mapping(f"{path}.error_path", oauth.error_path)
    for variable, expression in oauth.keep.items():
        yield from check_mapping(json_path(["keep", variable], path), expression)


def _check_faults(connector: Connector) -> Iterator[Fault]:
    if connector.check is None:
        asked = any(way.secret_fields or way.oauth for way in connector.auth)
        if asked and connector.source != IMPORTED:
            yield Fault("$.connector.check", "Give a cheap call by which a wrong credential is found when it is saved.")
        return
    yield from check_mapping("$.connector.check.account", connector.check.account)
    yield from host_faults("$.connector.check.call", connector.check.url, connector)


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(uri)
