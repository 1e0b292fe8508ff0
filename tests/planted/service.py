"""The connector whose service gives back whatever it is told: everything that proves who calls, in all ways."""

from typing import Any

from accounts.models import Tenant
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models import ImportedConnector
from registry.change import change_tool
from registry.install import install_actions
from registry.models import Tool
from tests.catalogue import manager_of
from tests.planted.echoes import ECHOES

SLUG = "echo"
_SECRET = {"title": "Client secret", "secret": True}
_PARAMETERS = {
    "account": {"type": "integer"},
    "status": {"type": "string", "in": "query"},
    "dress": {"type": "string", "in": "query"},
    "note": {"type": "string"},
}
_UNHINDERED: dict[str, Any] = {"breaker": {"minimum_calls": 10_000}}


def _ways(url: str) -> dict[str, Any]:
    token = {"token_url": f"{url}/token", "revoke_url": f"{url}/revoke"}
    return {
        "bearer": {"type": "bearer"},
        "header": {"type": "api_key", "name": "X-Api-Key"},
        "prefixed": {"type": "api_key", "name": "Authorization", "prefix": "Token token="},
        "basic": {"type": "basic"},
        "query": {"type": "api_key", "in": "query", "name": "api_key"},
        "cookie": {"type": "api_key", "in": "cookie", "name": "session"},
        "login": {
            "type": "login",
            "call": "POST /login",
            "body": {"user": "username", "pass": "password"},
            "token_path": "token",
        },
        "machine": {
            "type": "oauth2",
            "grant": "client_credentials",
            "fields": {"client_id": {"title": "Client id"}, "client_secret": _SECRET},
            **token,
        },
        "signed": {"type": "aws_sigv4", "service": "ses", "region": "eu-west-1"},
        "oauth": {"type": "oauth2", "authorize_url": f"{url}/authorize", "client_auth": "basic", **token},
    }


def _actions() -> dict[str, Any]:
    calls: dict[str, dict[str, Any]] = {
        path.strip("/"): {"call": f"POST {path}", "parameters": _PARAMETERS} for path in ECHOES
    }
    echo = calls["echo"]
    calls |= {
        "kept": {**echo, "effect": "read", "cache_seconds": 60},
        "large": echo,
        "again": {**echo, "idempotent": True},
        "steps": {
            "parameters": _PARAMETERS,
            "steps": [
                {"id": "first", "call": "POST /echo", "parameters": _in_the_query()},
                {"id": "second", "call": "POST", "url": "first.next", "input": "{told: first.sent.plain}"},
            ],
        },
    }
    return {slug: {"description": f"Echo, as {slug} does.", **action} for slug, action in calls.items()}


def _in_the_query() -> dict[str, Any]:
    return {name: {"in": "query"} for name in ("status", "dress")}


def offer(tenant: Tenant, url: str) -> Connector:
    """acme's connector, and a tool of each of its actions."""
    document = {
        "name": "Echo",
        "category": "other",
        "description": "Gives back what it is told.",
        "base_url": url,
        "auth": _ways(url),
        "check": {"call": "POST /check", "account": "account"},
        "error_message": "error",
        "retries": {"attempts": 2},
        "per_user": True,
    }
    with within(tenant.id):
        ImportedConnector.objects.create(
            tenant=tenant, slug=SLUG, document={"connector": document, "actions": _actions()}, source="yaml"
        )
        bump_generation(tenant.id)
        connector = shelf.connector(SLUG, tenant_id=tenant.id)
        assert connector is not None
        slugs = [action.slug for action in connector.actions]
        install_actions(by=manager_of(tenant), connector=connector, actions=slugs)
        for tool in Tool.objects.filter(slug__startswith=f"{SLUG}-"):
            large = {"artifact_threshold_bytes": 1000} if tool.slug == f"{SLUG}-large" else {}
            change_tool(tool=tool, by=manager_of(tenant), changes={**_UNHINDERED, **large})
    return connector
