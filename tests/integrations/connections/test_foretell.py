"""A credential that comes to its end is told of beforehand, once, where nothing but a person can renew it."""

from typing import Any

import pytest

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within
from integrations.models import Connection
from integrations.tasks import refresh_tokens, sweep_connections
from tests.integrations.connections.conftest import age, ago, row
from tests.integrations.connections.signing_in import signed_in, with_app
from tests.vendors import Manners, Vendor

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


def told(tenant: Tenant) -> list[dict[str, Any]]:
    sweep_connections()
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="connection.expiring").values_list("detail", flat=True))


def renewed(connection: Connection) -> None:
    """The schedule has asked for another token."""
    age(connection, refreshed_at=ago(2 * DAY), expires_at=ago(DAY))
    refresh_tokens()


@pytest.fixture
def mortal(acme: Tenant, alice: Person, vendor: Vendor) -> Connection:
    """Its vendor gives a refresh token for 90 days, and the same one again and again."""
    vendor.manners = Manners(lifetime=3600, refresh_lifetime=90 * DAY, rotates=False)
    connection = signed_in(acme, alice, vendor, with_app(acme, vendor))
    renewed(connection)
    return connection


def test_it_knows_the_end_of_a_refresh_token_that_is_not_replaced(acme: Tenant, mortal: Connection) -> None:
    assert row(mortal).ends_at == row(mortal).refresh_expires_at
    assert told(acme) == []  # there are 90 days left


def test_it_is_told_in_the_last_week_and_once(acme: Tenant, mortal: Connection) -> None:
    ends_at = ago(-6 * DAY)
    age(mortal, ends_at=ends_at)
    expected = [{"connector": "chat", "credential": str(row(mortal).id), "ends_at": ends_at.isoformat()}]
    assert told(acme) == told(acme) == expected
    age(mortal, ends_at=ago(-5 * DAY))  # the vendor says something else
    assert len(told(acme)) == 2


def test_a_refresh_token_that_is_replaced_each_time_has_no_end(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    vendor.manners = Manners(lifetime=3600, refresh_lifetime=5 * DAY, rotates=True)
    connection = signed_in(acme, alice, vendor, with_app(acme, vendor))
    renewed(connection)
    assert (row(connection).token_version, row(connection).ends_at, told(acme)) == (2, None, [])


def test_a_token_that_nothing_renews_ends_with_itself(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    vendor.consented.add("ada")
    vendor.manners = Manners(first_consent_only=True, lifetime=6 * DAY)
    connection = signed_in(acme, alice, vendor, with_app(acme, vendor))
    age(connection, refreshed_at=ago(2 * DAY))
    refresh_tokens()
    assert row(connection).ends_at == row(connection).expires_at
    assert len(told(acme)) == 1


@pytest.mark.parametrize("state", ["expired", "disconnected"])
def test_it_says_nothing_of_a_connection_that_is_over(acme: Tenant, mortal: Connection, state: str) -> None:
    age(mortal, ends_at=ago(-DAY))
    with within(acme.id):
        Connection.objects.update(state=state)
    assert told(acme) == []
