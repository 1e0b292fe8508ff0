import pytest

from accounts.caller import Caller
from accounts.errors import Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.oauth.app import register_app, remove_app
from integrations.connections.sealed import open_client_secret
from integrations.format.types import Connector
from integrations.models import OAuthApp
from tests.catalogue import manager_of
from tests.integrations.connections.services import imported, oauth
from tests.vendors import Vendor


@pytest.fixture
def chat(acme: Tenant, vendor: Vendor) -> Connector:
    return imported(acme, vendor, auth={"oauth": oauth(vendor)})


def registered(tenant: Tenant, connector: Connector, client_id: str = "acme-app", client_secret: str = "") -> OAuthApp:
    return register_app(
        tenant_id=tenant.id,
        by=manager_of(tenant),
        connector=connector,
        client_id=client_id,
        client_secret=client_secret,
    )


def test_it_seals_the_secret(acme: Tenant, chat: Connector) -> None:
    app = registered(acme, chat, client_secret="client-secret-1")
    assert b"client-secret-1" not in bytes(app.client_secret)
    with within(acme.id):
        assert open_client_secret(OAuthApp.objects.get()) == "client-secret-1"
        assert AuditEntry.objects.get(action="oauth_app.registered").detail == {"connector": "chat"}


def test_it_takes_the_place_of_the_one_before(acme: Tenant, chat: Connector) -> None:
    first = registered(acme, chat)
    second = registered(acme, chat, "other-app", "")
    with within(acme.id):
        found = OAuthApp.objects.get()
        assert (first.id, found.client_id, open_client_secret(found)) == (second.id, "other-app", "")


@pytest.mark.parametrize(
    ("client_id", "client_secret", "path"),
    [
        ("", "s", "client_id"),
        (" a", "s", "client_id"),
        ("a\nb", "s", "client_id"),
        ("a" * 501, "s", "client_id"),
        ("a", "s\n", "client_secret"),
        ("a", "s" * 5001, "client_secret"),
    ],
)
def test_it_refuses_what_no_vendor_shows(
    acme: Tenant, chat: Connector, client_id: str, client_secret: str, path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        registered(acme, chat, client_id, client_secret)
    assert [fault.path for fault in caught.value.faults] == [f"$.{path}"]
    with within(acme.id):
        assert not OAuthApp.objects.exists()


def test_it_refuses_an_app_where_nobody_signs_in(acme: Tenant, vendor: Vendor) -> None:
    with pytest.raises(Invalid, match="it needs no app"):
        registered(acme, imported(acme, vendor))


def test_it_is_removed(acme: Tenant, chat: Connector) -> None:
    registered(acme, chat)
    assert remove_app(tenant_id=acme.id, by=manager_of(acme), connector=chat)
    assert not remove_app(tenant_id=acme.id, by=manager_of(acme), connector=chat)
    with within(acme.id):
        assert AuditEntry.objects.filter(action="oauth_app.removed").count() == 1


def test_it_refuses_those_who_may_not_and_shows_others_nothing(acme: Tenant, globex: Tenant, chat: Connector) -> None:
    registered(acme, chat)
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        register_app(tenant_id=acme.id, by=by, connector=chat, client_id="a", client_secret="")
    with pytest.raises(Forbidden):
        remove_app(tenant_id=acme.id, by=by, connector=chat)
    with within(globex.id):
        assert not OAuthApp.objects.exists()
