"""What is asked of a vendor's token endpoint: RFC 6749 by oauthlib, with the vendor's own ways put over it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient

from integrations.connections.address import filled
from integrations.connections.auth.base import Held
from integrations.connections.auth.pairs import client_pair
from integrations.egress import EgressRequest
from integrations.format.types import BodyFormat, ClientAuth, OAuth

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def code_request(oauth: OAuth, held: Held, *, code: str, redirect_uri: str, verifier: str) -> EgressRequest:
    """The exchange of an authorization code (RFC 6749, 4.1.3) with its PKCE verifier (RFC 7636, 4.5)."""
    body = WebApplicationClient(held.oauth_client.id, code=code).prepare_request_body(
        redirect_uri=redirect_uri, include_client_id=False, code_verifier=verifier or None
    )
    return _request(oauth, held, oauth.token_url, body, oauth.token_params)


def refresh_request(oauth: OAuth, held: Held) -> EgressRequest:
    """RFC 6749, 6. No scopes: those that were granted."""
    body = WebApplicationClient(held.oauth_client.id).prepare_refresh_body(refresh_token=held.refresh)
    return _request(oauth, held, oauth.refresh_url or oauth.token_url, body, oauth.refresh_params)


def credentials_request(oauth: OAuth, held: Held) -> EgressRequest:
    """RFC 6749, 4.4."""
    scope = joined(oauth, oauth.default_scopes)
    body = BackendApplicationClient(held.oauth_client.id).prepare_request_body(
        scope=scope or None, include_client_id=False
    )
    return _request(oauth, held, oauth.token_url, body, oauth.token_params)


def revoke_request(oauth: OAuth, held: Held) -> EgressRequest | None:
    """RFC 7009, 2.1: the refresh token, with which its access tokens go, else the access token.

    None where the vendor has no such address, or nothing is held.
    """
    token = held.refresh or held.access
    if not oauth.revoke_url or not token:
        return None
    body = urlencode({"token": token, "token_type_hint": "refresh_token" if held.refresh else "access_token"})
    return _request(oauth, held, oauth.revoke_url, body, {})


def has_client(held: Held) -> bool:
    """Whether anybody has said who asks."""
    return bool(held.oauth_client.id)


def joined(oauth: OAuth, scopes: Iterable[str]) -> str:
    """In the vendor's spelling, each once."""
    return oauth.scope_separator.join(dict.fromkeys(scopes))


def _request(oauth: OAuth, held: Held, url: str, body: str, extra: Mapping[str, str]) -> EgressRequest:
    client, known = held.oauth_client, {**held.values, **held.variables}
    said: dict[str, Any] = dict(parse_qsl(body, keep_blank_values=True))
    headers = {"Accept": JSON, **{name: filled(value, known) for name, value in oauth.token_headers.items()}}
    if oauth.client_auth is ClientAuth.BASIC and client.secret:
        headers["Authorization"] = f"Basic {client_pair(client.id, client.secret)}"
    else:
        said |= {"client_id": client.id, **({"client_secret": client.secret} if client.secret else {})}
    said |= {name: filled(value, known) for name, value in extra.items()}
    as_json = oauth.token_format is BodyFormat.JSON
    headers["Content-Type"] = JSON if as_json else FORM
    content = json.dumps(said) if as_json else urlencode(said)
    return EgressRequest("POST", filled(url, held.variables), headers, content.encode(), secrets=held.secrets)
