"""Connectors of the tests' vendor, imported as a tenant imports them."""

from typing import Any

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.connections.connect import connect
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models import Connection, ImportedConnector
from tests.catalogue import manager_of
from tests.vendors import API_KEY, Vendor

CHECK = {"call": "GET /me", "account": "join(' at ', [user, team])"}
KEY = {"type": "api_key", "name": "X-Api-Key", "title": "API key"}
LOGIN = {
    "type": "login",
    "call": "POST /login",
    "body": {"user": "username", "pass": "password"},
    "token_path": "data.token",
    "expires_in_path": "data.ttl",
}


def oauth(vendor: Vendor, **more: Any) -> dict[str, Any]:
    return {
        "type": "oauth2",
        "title": "Sign in with Chat",
        "authorize_url": f"{vendor.url}/authorize",
        "token_url": f"{vendor.url}/token",
        "revoke_url": f"{vendor.url}/revoke",
        "scopes": {"chat:write": "Post messages", "users:read": "Find people", "files:write": "Upload files"},
        "default_scopes": ["chat:write", "users:read"],
        **more,
    }


def machine(vendor: Vendor, **more: Any) -> dict[str, Any]:
    """Client credentials, which a person enters."""
    fields = {
        "client_id": {"title": "Client id"},
        "client_secret": {"title": "Client secret", "secret": True},
    }
    return {
        "type": "oauth2",
        "grant": "client_credentials",
        "token_url": f"{vendor.url}/token",
        "fields": fields,
        **more,
    }


def imported(tenant: Tenant, vendor: Vendor, *, slug: str = "chat", **changes: Any) -> Connector:
    """acme's connector for the vendor: an API key, unless told otherwise."""
    document: dict[str, Any] = {
        "name": "Chat",
        "category": "communication",
        "description": "Talks with people.",
        "base_url": vendor.url,
        "auth": {"key": KEY},
        "check": CHECK,
        "error_message": "message",
        "per_user": True,
        **changes,
    }
    whole = {"connector": document, "actions": {"me": {"description": "Who I am.", "call": "GET /me"}}}
    with within(tenant.id):
        ImportedConnector.objects.update_or_create(
            tenant=tenant, slug=slug, defaults={"document": whole, "source": "yaml"}
        )
        found = shelf.connector(slug, tenant_id=tenant.id)
    assert found is not None
    return found


def settled(tenant: Tenant, vendor: Vendor, **changes: Any) -> Connection:
    """Connected with the API key."""
    connector = imported(tenant, vendor)
    return connect(
        tenant_id=tenant.id,
        by=manager_of(tenant),
        connector=connector,
        **{"auth": "key", "values": {"key": API_KEY}, **changes},
    )
