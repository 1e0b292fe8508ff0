"""Which secrets are looked for: those of the tenant's own connections that are alive."""

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.connections.sealed import seal_client_secret, seal_token
from integrations.errors import SealBroken
from integrations.models import Connection, Credential, ImportedConnector, OAuthApp
from memory import hidden
from memory.hidden import known_secrets
from tests.connections import SECRET, Connect

pytestmark = pytest.mark.django_db(transaction=True)


def known(tenant: Tenant) -> set[str]:
    with within(tenant.id):
        return set(known_secrets(tenant.id).values)


def test_it_knows_what_was_entered_and_the_tokens(acme: Tenant, globex: Tenant, connect_parcels: Connect) -> None:
    connection = connect_parcels()
    assert (known(acme), known(globex)) == ({SECRET}, set())
    with within(acme.id):
        credential = Credential.objects.get(connection=connection)
        seal_token(credential, access="access-7f3a", refresh="refresh-9c1e")
        credential.save()
    assert known(acme) == {SECRET, "access-7f3a", "refresh-9c1e"}


def test_it_knows_the_secrets_of_apps(acme: Tenant) -> None:
    with within(acme.id):
        app = OAuthApp(tenant=acme, connector="github", client_id="id")
        seal_client_secret(app, "app-secret-1b2c")
        app.save()
    assert known(acme) == {"app-secret-1b2c"}


def test_it_takes_every_value_for_secret_where_the_connector_is_gone(acme: Tenant, connect_parcels: Connect) -> None:
    connect_parcels()
    with within(acme.id):
        ImportedConnector.objects.all().delete()
        Connection.objects.update(connector="gone")
    assert known(acme) == {SECRET}


def test_it_forgets_those_of_connections_that_were_ended(acme: Tenant, connect_parcels: Connect) -> None:
    connection = connect_parcels()
    with within(acme.id):
        Connection.objects.filter(id=connection.id).update(state="disconnected")
    assert known(acme) == set()


def test_it_goes_on_where_one_does_not_open(
    acme: Tenant, connect_parcels: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_parcels()

    def broken(row: object) -> None:
        raise SealBroken

    for opens in ("open_values", "open_token"):
        monkeypatch.setattr(hidden, opens, broken)
    assert known(acme) == set()


def test_it_looks_for_the_newest_of_very_many(
    acme: Tenant, connect_parcels: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_parcels(values={"token": "the-older-one"})
    connect_parcels(slug="second", values={"token": "the-newer-one"})
    monkeypatch.setattr(hidden, "MOST_CONNECTIONS", 1)
    assert known(acme) == {"the-newer-one"}
