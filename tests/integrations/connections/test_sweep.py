from datetime import timedelta

from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.links import make_link
from integrations.models import Connection, ConnectLink, OAuthFlow
from integrations.tasks import sweep_connections
from tests.catalogue import manager_of
from tests.integrations.connections.services import settled
from tests.integrations.connections.signing_in import begun, with_app
from tests.vendors import Vendor

LONG_AGO = timezone.now() - timedelta(days=2)


def test_it_deletes_what_nobody_finished(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    begun(acme, alice, connector)
    make_link(tenant_id=acme.id, by=manager_of(acme), connector=connector, auth="oauth", end_user="ada")
    sweep_connections()
    with within(acme.id):
        assert (OAuthFlow.objects.count(), ConnectLink.objects.count(), Connection.objects.count()) == (1, 1, 1)
        OAuthFlow.objects.update(expires_at=LONG_AGO)
        ConnectLink.objects.update(expires_at=LONG_AGO)
        Connection.objects.update(created_at=LONG_AGO)
    sweep_connections()
    with within(acme.id):
        assert (OAuthFlow.objects.count(), ConnectLink.objects.count(), Connection.objects.count()) == (0, 0, 0)


def test_it_leaves_connections_alone_that_are_some(acme: Tenant, vendor: Vendor) -> None:
    found = settled(acme, vendor)
    with within(acme.id):
        Connection.objects.update(created_at=LONG_AGO)
    sweep_connections()
    with within(acme.id):
        assert Connection.objects.get() == found
