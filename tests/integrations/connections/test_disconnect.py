from typing import Any

import pytest

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.disconnect import disconnect
from integrations.connections.rotate import rotate_credential
from integrations.errors import ConnectionMissing
from integrations.models import Connection, Credential, ImportedConnector
from tests.catalogue import manager_of
from tests.integrations.connections.services import settled
from tests.integrations.connections.signing_in import begun, signed_in, with_app
from tests.vendors import API_KEY, Answer, Manners, Vendor


def gone(connection: Connection, tenant: Tenant) -> Connection:
    return disconnect(tenant_id=tenant.id, by=manager_of(tenant), connection_id=connection.id)


def outcome(tenant: Tenant) -> Any:
    with within(tenant.id):
        assert not Credential.objects.exists()
        return AuditEntry.objects.get(action="connection.disconnected").detail["revocation"]


def test_it_revokes_the_refresh_token_and_destroys_all(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    [refresh] = vendor.refresh
    found = gone(chat, acme)
    assert (found.state, vendor.revoked, outcome(acme)) == ("disconnected", [refresh], "revoked")
    assert found.reason == "Disconnected, and its token was revoked at the vendor."


def test_it_revokes_the_access_token_where_there_is_no_other(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    vendor.manners = Manners(lifetime=None)
    found = signed_in(acme, alice, vendor, with_app(acme, vendor))
    [access] = vendor.access
    gone(found, acme)
    assert vendor.revoked == [access]


@pytest.mark.parametrize("answer", [Answer(503, {}), Answer(200, {"ok": False, "error": "invalid_auth"})])
def test_it_goes_on_when_the_vendor_refuses(acme: Tenant, chat: Connection, vendor: Vendor, answer: Answer) -> None:
    vendor.refusal = answer
    assert "did not revoke its token" in gone(chat, acme).reason
    assert outcome(acme) == "refused"


def test_it_goes_on_when_nobody_answers(acme: Tenant, chat: Connection, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = []
    assert "could not be reached" in gone(chat, acme).reason
    assert outcome(acme) == "unreachable"


def test_it_destroys_a_key_and_the_one_before(acme: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor, values={"key": "key-of-last-year"}, check=False)
    rotate_credential(tenant_id=acme.id, by=manager_of(acme), connection_id=made.id, values={"key": API_KEY})
    assert "stays valid at the vendor" in gone(made, acme).reason
    assert (outcome(acme), vendor.revoked) == ("not_offered", [])


def test_it_goes_on_when_the_connector_is_gone(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    with within(acme.id):
        ImportedConnector.objects.all().delete()
    gone(chat, acme)
    assert (outcome(acme), vendor.revoked) == ("not_offered", [])


def test_it_goes_on_when_the_connector_asks_for_more_by_now(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    way = {"token_headers": {"X-Shop": "{shop}"}}
    with_app(acme, vendor, way=way, variables={"shop": {"pattern": "[a-z]+"}})
    gone(chat, acme)
    assert (outcome(acme), vendor.revoked) == ("not_offered", [])


def test_it_ends_what_nobody_finished(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    started = begun(acme, alice, with_app(acme, vendor))
    disconnect(tenant_id=acme.id, by=manager_of(acme), connection_id=started.connection_id)
    assert outcome(acme) == "not_offered"


def test_its_slug_is_free_again(acme: Tenant, vendor: Vendor) -> None:
    first = settled(acme, vendor, is_default=True)
    gone(first, acme)
    assert settled(acme, vendor, is_default=True).slug == "chat"
    with pytest.raises(ConnectionMissing):
        gone(first, acme)


def test_it_refuses_those_who_may_not_and_shows_others_nothing(acme: Tenant, globex: Tenant, vendor: Vendor) -> None:
    made = settled(acme, vendor)
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        disconnect(tenant_id=acme.id, by=by, connection_id=made.id)
    with pytest.raises(ConnectionMissing):
        gone(made, globex)
    with within(acme.id):
        assert Connection.objects.get().state == "active"
