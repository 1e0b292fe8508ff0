"""Reading what a token endpoint answers (RFC 6749, 5): JSON or a form, with the vendor's own ways."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.parameters import parse_token_response

from integrations.connections.auth.base import Held, Refusal, Token
from integrations.connections.words import answered, found, masked, seconds, words
from integrations.egress import EgressResponse
from integrations.errors import UpstreamBroken
from integrations.format.types import OAuth

SAID = ("error_description", "error.message", "error", "message")
"""Where vendors put their words; the first two are RFC 6749's and Google's."""
LONGEST_SCOPE = 300
_REFRESH_LIVES = ("refresh_token_expires_in", "x_refresh_token_expires_in", "refresh_expires_in")
"""No standard has it; GitHub and LinkedIn, Intuit, and Keycloak say it so."""


def read_token(oauth: OAuth, held: Held, response: EgressResponse) -> Token:
    """Raises Refusal when the vendor gives none, UpstreamBroken when what it gives is none."""
    value = _value(response)
    refusal = found(oauth.error_path, value) or value.get("error")
    if refusal or not 200 <= response.status < 300:
        raise _refused(oauth, held, response, value)
    try:
        said = parse_token_response(json.dumps(_flat(oauth, value)))
    except (OAuth2Error, ValueError, TypeError) as error:
        raise UpstreamBroken("The service's answer holds no token where its connector says that it stands.") from error
    scopes = _scopes(oauth, value)
    access, refresh = said["access_token"], said.get("refresh_token") or ""
    shown = partial(masked, secrets=(*held.secrets, access, refresh))
    return Token(
        access=access,
        refresh=refresh,
        lifetime_seconds=said.get("expires_in") or oauth.lifetime_seconds,
        refresh_lifetime_seconds=_refresh_lifetime(value) or oauth.refresh_lifetime_seconds,
        # Both are shown to people, and nothing keeps a vendor from repeating a token there.
        scopes=None if scopes is None else tuple(map(shown, scopes)),
        kept={name: kept for name, kept in _kept(oauth, value) if shown(kept) == kept},
    )


def _value(response: EgressResponse) -> dict[str, Any]:
    """What it says, by name. Some vendors answer a form, whatever was accepted."""
    value = answered(response)
    if isinstance(value, str):
        value = dict(parse_qsl(value))
    return value if isinstance(value, dict) else {}


def _flat(oauth: OAuth, value: Mapping[str, Any]) -> dict[str, Any]:
    """As RFC 6749 has it: the token may stand deeper, and the refresh token and its time beside it."""
    beside = found(oauth.token_path.rpartition(".")[0], value)
    flat = {**value, **(beside if isinstance(beside, dict) else {})}
    token = found(oauth.token_path, value)
    kept = {"refresh_token": flat.get("refresh_token"), "access_token": token}
    texts: dict[str, Any] = {name: text for name, text in kept.items() if isinstance(text, str) and text}
    lifetime = seconds(flat.get("expires_in"))
    return texts if lifetime is None else {**texts, "expires_in": lifetime}


def _refresh_lifetime(value: Mapping[str, Any]) -> int | None:
    return next(filter(None, map(seconds, map(value.get, _REFRESH_LIVES))), None)


def _kept(oauth: OAuth, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, kept) for name, path in oauth.keep.items() if isinstance(kept := found(path, value), str))


def _scopes(oauth: OAuth, value: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What was granted; None where nothing is said, which means: what was asked for."""
    beside = found(oauth.token_path.rpartition(".")[0], value)
    flat = {**value, **(beside if isinstance(beside, dict) else {})}
    said = flat.get("scope") or flat.get("scopes")
    if isinstance(said, list):
        return tuple(filter(_is_scope, map(str, said)))
    if not isinstance(said, str):
        return None
    return tuple(filter(_is_scope, said.replace(oauth.scope_separator, " ").replace(",", " ").split()))


def _is_scope(text: str) -> bool:
    """Whether it can be kept: RFC 6749, 3.3, leaves out what cannot."""
    return text.isprintable() and len(text) <= LONGEST_SCOPE


def _refused(oauth: OAuth, held: Held, response: EgressResponse, value: Mapping[str, Any]) -> Refusal:
    code = value.get("error") or found(oauth.error_path, value)
    said = (text for each in (oauth.error_path, *SAID) if isinstance(text := found(each, value), str))
    told = next(said, "")
    complaint = masked(told, held.secrets) if told else words(response, secrets=held.secrets)
    return Refusal(complaint, code=code if isinstance(code, str) else "", status=response.status)
