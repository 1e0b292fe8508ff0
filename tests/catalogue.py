"""Tools for tests, registered as everybody registers them."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.caller import Caller
from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import Tool
from registry.register import register_tool
from tests.upstream import Upstream

FIND_CONTACT: dict[str, Any] = {
    "slug": "crm-find",
    "name": "Find contact",
    "version": "1.0.0",
    "input_schema": {
        "type": "object",
        "properties": {"account": {"type": "integer"}, "email": {"type": "string"}},
        "required": ["account"],
        "additionalProperties": False,
    },
    "transport": "http",
    "definition": {"method": "POST", "url": "http://upstream.invalid/contacts"},
}

Register = Callable[..., Tool]


def manager_of(tenant: Tenant) -> Caller:
    """Somebody who may register tools for a tenant, without a key to read."""
    return Caller(tenant_id=tenant.id, tenant_slug=tenant.slug, generation=tenant.generation, role=Role.OWNER)


@pytest.fixture
def register(acme: Tenant, upstream: Upstream) -> Register:
    """`register(slug="…", read_only=True)`: acme's contact finder on the test's upstream, changed as told."""

    def register_for_acme(tenant: Tenant = acme, **changes: Any) -> Tool:
        spec = {**FIND_CONTACT, "definition": {"method": "POST", "url": f"{upstream.url}/contacts"}, **changes}
        with within(tenant.id):
            return register_tool(by=manager_of(tenant), spec=spec)

    return register_for_acme
