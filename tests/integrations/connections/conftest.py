"""Grants as calls get them, and tokens at the moments of their life."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import platform, within
from integrations.connections import granting
from integrations.connections.grant import CallGrant
from integrations.connections.granting import grant_for
from integrations.models import Connection, Credential
from tests.corridor import Loop
from tests.integrations.connections.signing_in import signed_in, with_app
from tests.vendors import Vendor

Ask = Callable[..., CallGrant]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """As in a process that has just begun."""
    granting._kept.clear()
    yield
    granting._kept.clear()


@pytest.fixture
def chat(acme: Tenant, alice: Person, vendor: Vendor) -> Connection:
    """Alice has signed in, and her token lives for an hour."""
    return signed_in(acme, alice, vendor, with_app(acme, vendor))


@pytest.fixture
def ask(corridor_loop: Loop) -> Ask:
    """A call's grant, under the tenant's generation of this moment."""

    def ask(connection: Connection, **more: Any) -> CallGrant:
        with platform():
            generation = Tenant.objects.get(id=connection.tenant_id).generation
        facts = {"generation": generation, **more}
        return corridor_loop.run(grant_for(tenant_id=connection.tenant_id, connection_id=connection.id, **facts))

    return ask


def age(connection: Connection, **changes: Any) -> None:
    """Change the current credential, such as `expires_at=ago(1)`."""
    with within(connection.tenant_id):
        Credential.objects.filter(connection=connection, state="current").update(**changes)


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def row(connection: Connection) -> Credential:
    with within(connection.tenant_id):
        return Credential.objects.get(connection=connection, state="current")


def now(connection: Connection) -> Connection:
    """As it stands in the database."""
    with within(connection.tenant_id):
        return Connection.objects.get(id=connection.id)
