import pytest

from accounts.models import Person, Tenant
from integrations.models import ConnectorImport
from tests.browsing import Browse, address_of
from tests.connections import Connect
from tests.integrations.importing.orders import begin, connector, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(acme: Tenant) -> ConnectorImport:
    return run(begin(acme))


def test_it_removes_the_connector_of_an_import(
    browse: Browse, alice: Person, acme: Tenant, imported: ConnectorImport
) -> None:
    assert "Remove connector" in browse(alice).page(address_of(imported))
    page = browse(alice).done(address_of(imported, "remove"))
    assert "The connector parcels is removed." in page
    assert connector(acme) is None
    assert "Remove connector" not in browse(alice).page(address_of(imported))


def test_it_says_what_stands_on_it(
    browse: Browse, alice: Person, acme: Tenant, imported: ConnectorImport, connect_parcels: Connect
) -> None:
    connect_parcels(slug="ours")
    page = browse(alice).refused(address_of(imported, "remove"))
    assert "<code>ours</code>. Disconnect them first." in page
    assert connector(acme) is not None


def test_it_is_for_those_with_the_right_to_credentials(
    browse: Browse, bob: Person, acme: Tenant, imported: ConnectorImport
) -> None:
    assert "Remove connector" not in browse(bob).page(address_of(imported))
    assert browse(bob).post(address_of(imported, "remove")).status_code == 403
    assert connector(acme) is not None
