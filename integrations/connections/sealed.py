"""What is secret of a connection, sealed into its rows and opened again. Inside the tenant's scope."""

import json
from collections.abc import Mapping

from integrations.models import Credential, OAuthApp, OAuthFlow
from integrations.vault import open_sealed, seal

CREDENTIAL, APP, FLOW = "credential", "oauth_app", "oauth_flow"
"""Purposes; `integrations/sealed_places.py` tells the vault which columns hold them."""


def seal_values(credential: Credential, values: Mapping[str, str]) -> None:
    """What a person entered."""
    credential.secret = _sealed(credential, CREDENTIAL, "secret", json.dumps(dict(values)))


def open_values(credential: Credential) -> dict[str, str]:
    opened: dict[str, str] = json.loads(_opened(credential, CREDENTIAL, "secret", credential.secret))
    return opened


def seal_token(credential: Credential, *, access: str, refresh: str) -> None:
    credential.token = _sealed(credential, CREDENTIAL, "token", json.dumps({"access": access, "refresh": refresh}))


def open_token(credential: Credential) -> tuple[str, str]:
    """Access and refresh token, each empty where there is none."""
    if credential.token is None:
        return "", ""
    opened = json.loads(_opened(credential, CREDENTIAL, "token", credential.token))
    return opened["access"], opened["refresh"]


def seal_client_secret(app: OAuthApp, secret: str) -> None:
    app.client_secret = _sealed(app, APP, "client_secret", secret)


def open_client_secret(app: OAuthApp) -> str:
    return _opened(app, APP, "client_secret", app.client_secret)


def seal_verifier(flow: OAuthFlow, verifier: str) -> None:
    flow.verifier = _sealed(flow, FLOW, "verifier", verifier)


def open_verifier(flow: OAuthFlow) -> str:
    return _opened(flow, FLOW, "verifier", flow.verifier)


def _sealed(row: Credential | OAuthApp | OAuthFlow, purpose: str, column: str, text: str) -> bytes:
    return seal(tenant_id=row.tenant_id, purpose=purpose, field=f"{row.id}:{column}", plaintext=text.encode())


def _opened(row: Credential | OAuthApp | OAuthFlow, purpose: str, column: str, sealed: bytes | memoryview) -> str:
    opened = open_sealed(tenant_id=row.tenant_id, purpose=purpose, field=f"{row.id}:{column}", sealed=sealed)
    return opened.decode()
