"""A connector for tests whose service is the test's upstream, and connections with it, made as people make them."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.connect import connect
from integrations.format import shelf
from integrations.models import Connection, ImportedConnector
from tests.catalogue import manager_of
from tests.upstream import Upstream

SECRET = "qt-secret-of-acme-7f3a9c1e5b"  # no format that anybody would know
CONNECTOR: dict[str, Any] = {
    "name": "Parcels",
    "category": "commerce",
    "description": "Parcels and where they are.",
    "auth": {
        "token": {"type": "bearer"},
        "login": {"type": "login", "call": "POST /login", "token_path": "token"},
    },
    "check": {"call": "/me"},
    "error_message": "why",
    "per_user": True,
}
ACTIONS: dict[str, Any] = {
    "find": {"description": "Find a parcel.", "call": "GET /parcels/{id}", "parameters": {"id": {"type": "integer"}}},
    "send": {"description": "Send a parcel.", "call": "POST /parcels", "parameters": {"to": {"type": "string"}}},
}
Connect = Callable[..., Connection]


def make_connector(tenant: Tenant, url: str, slug: str = "parcels", **changes: Any) -> ImportedConnector:
    """As an import would leave it behind."""
    actions = changes.pop("actions", ACTIONS)
    document = {"connector": {**CONNECTOR, "base_url": f"{url}/api", **changes}, "actions": actions}
    with within(tenant.id):
        made, _ = ImportedConnector.objects.update_or_create(
            tenant=tenant, slug=slug, defaults={"document": document, "source": "yaml"}
        )
        bump_generation(tenant.id)
    return made


@pytest.fixture
def connect_parcels(acme: Tenant, upstream: Upstream) -> Connect:
    """`connect_parcels(slug="second", end_user="ada")`: acme's connector and a connection with it."""
    make_connector(acme, upstream.url)

    def connected(tenant: Tenant = acme, **changes: Any) -> Connection:
        with within(tenant.id):
            connector = shelf.connector(changes.pop("connector", "parcels"), tenant_id=tenant.id)
        assert connector is not None
        facts = {"auth": "token", "values": {"token": SECRET}, "check": False, **changes}
        return connect(tenant_id=tenant.id, by=manager_of(tenant), connector=connector, **facts)

    return connected
