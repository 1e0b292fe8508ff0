import pytest
from django.db import connection

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from integrations.connections.check import check_connection
from integrations.connections.rotate import rotate_credential
from integrations.errors import ConnectionMissing, UpstreamFailure
from integrations.models import Connection
from tests.catalogue import manager_of
from tests.integrations.connections.conftest import age, ago, now, row
from tests.integrations.connections.services import settled
from tests.vendors import API_KEY, Answer, Vendor

pytestmark = pytest.mark.django_db(transaction=True)


def checked(connection: Connection, tenant: Tenant) -> Connection:
    return check_connection(tenant_id=tenant.id, by=manager_of(tenant), connection_id=connection.id)


def test_it_finds_a_good_credential_good(acme: Tenant, vendor: Vendor) -> None:
    found = checked(settled(acme, vendor, check=False), acme)
    assert (found.state, found.account, found.reason) == ("active", "Acme Inc. at Acme", "")
    assert found.checked_at is not None
    with within(acme.id):
        assert AuditEntry.objects.get(action="connection.checked").detail == {"connector": "chat", "state": "active"}


def test_it_finds_a_credential_that_is_taken_no_more(acme: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor)
    vendor.check = Answer(401, {"message": "key was revoked"})
    found = checked(made, acme)
    assert (found.state, found.reason) == (
        "expired",
        "Chat does not take the credential. It says: “key was revoked”",
    )
    with platform():
        assert Tenant.objects.get(id=acme.id).generation == acme.generation + 2


def test_it_brings_back_what_is_good_again(acme: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor)
    with within(acme.id):
        Connection.objects.update(state="expired", reason="it was away")
    assert (checked(made, acme).state, now(made).reason) == ("active", "")


def test_it_knows_nothing_when_nobody_answers(acme: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor)
    vendor.check = Answer(503, {})
    with pytest.raises(UpstreamFailure):
        checked(made, acme)
    assert now(made).state == "active"


def test_it_refreshes_an_expired_token_first(acme: Tenant, chat: Connection) -> None:
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    assert checked(chat, acme).state == "active"
    assert row(chat).token_version == 2


def test_it_says_why_there_is_no_token(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    vendor.refresh.clear()
    for _ in range(2):
        found = checked(chat, acme)
        assert (found.state, found.reason) == (
            "expired",
            "Chat gives no new token. It says: “Token has been expired or revoked.”",
        )


def test_it_refuses_those_who_may_not_and_shows_others_nothing(acme: Tenant, globex: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor)
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        check_connection(tenant_id=acme.id, by=by, connection_id=made.id)
    with pytest.raises(ConnectionMissing):
        checked(made, globex)


def test_it_refreshes_a_token_that_the_service_takes_no_more(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    vendor.access.clear()
    assert (checked(chat, acme).state, row(chat).token_version) == ("active", 2)


def test_it_does_not_blame_the_next_credential(acme: Tenant, vendor: Vendor) -> None:
    """Rotated while the service is asked about the one before."""
    made = settled(acme, vendor, values={"key": "key-of-last-year"}, check=False)

    def rotate() -> None:
        vendor.before_check = None
        rotate_credential(
            tenant_id=acme.id, by=manager_of(acme), connection_id=made.id, values={"key": API_KEY}, check=False
        )
        connection.close()

    vendor.before_check = rotate
    found = checked(made, acme)
    assert (found.state, found.reason, now(made).state) == ("active", "", "active")
