from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.connections.find import find_connection
from integrations.errors import ConnectionExpired, ConnectionMissing
from integrations.models import Connection
from tests.integrations.connections.services import imported, settled
from tests.vendors import Vendor

Find = Callable[..., Connection]


@pytest.fixture
def find(acme: Tenant, vendor: Vendor) -> Find:
    def find(tenant: Tenant = acme, end_user: str = "", chosen: UUID | None = None) -> Connection:
        connector = imported(tenant, vendor)
        with within(tenant.id):
            return find_connection(connector=connector, end_user=end_user, chosen=chosen)

    return find


def turn(connection: Connection, **changes: Any) -> None:
    with within(connection.tenant_id):
        Connection.objects.filter(id=connection.id).update(**changes)


def test_it_says_when_there_is_none(find: Find) -> None:
    with pytest.raises(ConnectionMissing, match="Chat is not connected yet"):
        find()


def test_it_finds_the_only_one(acme: Tenant, vendor: Vendor, find: Find) -> None:
    only = settled(acme, vendor)
    assert find() == only


def test_it_finds_the_default_among_several(acme: Tenant, vendor: Vendor, find: Find) -> None:
    settled(acme, vendor)
    settled(acme, vendor)
    with pytest.raises(ConnectionMissing, match="There are several connections to Chat, and none is the default"):
        find()
    usual = settled(acme, vendor, is_default=True)
    assert find() == usual


def test_it_finds_the_one_that_the_tool_names(acme: Tenant, vendor: Vendor, find: Find) -> None:
    settled(acme, vendor, is_default=True)
    chosen = settled(acme, vendor)
    assert find(chosen=chosen.id) == chosen
    turn(chosen, state="disconnected")
    with pytest.raises(ConnectionMissing, match="that the tool names is disconnected"):
        find(chosen=chosen.id)


def test_one_that_was_only_begun_stands_in_nobodys_way(acme: Tenant, vendor: Vendor, find: Find) -> None:
    begun, only = settled(acme, vendor, is_default=True), settled(acme, vendor)
    turn(begun, state="pending")
    assert find() == only
    with pytest.raises(ConnectionMissing, match="has not come back from Chat"):
        find(chosen=begun.id)


def test_it_gives_an_end_user_their_own_and_never_another(acme: Tenant, vendor: Vendor, find: Find) -> None:
    settled(acme, vendor, is_default=True)
    own = settled(acme, vendor, end_user="ada")
    assert find(end_user="ada", chosen=None) == own
    with pytest.raises(ConnectionMissing, match="This end user has not connected Chat yet"):
        find(end_user="bob")
    with pytest.raises(ConnectionMissing):
        find(chosen=own.id)


def test_it_says_why_one_cannot_be_used(acme: Tenant, vendor: Vendor, find: Find) -> None:
    found = settled(acme, vendor)
    turn(found, state="pending")
    with pytest.raises(ConnectionMissing, match="has not come back from Chat"):
        find()
    turn(found, state="expired", reason="It says: “revoked”.")
    with pytest.raises(ConnectionExpired, match="has expired: It says: “revoked”"):
        find()
    turn(found, reason="")
    with pytest.raises(ConnectionExpired, match="Chat takes its credential no more"):
        find()


def test_it_shows_another_tenant_nothing(acme: Tenant, globex: Tenant, vendor: Vendor, find: Find) -> None:
    found = settled(acme, vendor)
    with pytest.raises(ConnectionMissing):
        find(globex)
    with pytest.raises(ConnectionMissing):
        find(globex, chosen=found.id)
