"""A connector is imported again, and leads elsewhere than to where it was connected."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.errors import Conflict, Invalid
from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.auth import Held
from integrations.connections.auth.login import LoginCall
from integrations.connections.disconnect import disconnect
from integrations.connections.oauth.app import register_app
from integrations.connections.pinning import move, told
from integrations.connections.rotate import rotate_credential, take_back
from integrations.egress.targets import read_target
from integrations.errors import ConnectionMissing, EgressBlocked
from integrations.format.auth import read_way
from integrations.models import Connection, Credential, OAuthFlow
from tests.catalogue import manager_of
from tests.integrations.connections.conftest import Ask, age, ago, now
from tests.integrations.connections.services import LOGIN, imported, oauth, settled
from tests.integrations.connections.signing_in import begun, finished, signed_in, signed_in_again, with_app
from tests.vendors import API_KEY, CLIENT_ID, CLIENT_SECRET, Manners, Vendor

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = "https://evil.example"


def test_it_pins_whom_the_secrets_are_told(chat: Connection, vendor: Vendor) -> None:
    assert chat.origins == [vendor.url]


@pytest.mark.parametrize("change", [{"base_url": EVIL}, {"hosts": ["evil.example"]}])
def test_it_sends_a_key_nowhere_else(acme: Tenant, vendor: Vendor, ask: Ask, change: dict[str, Any]) -> None:
    found = settled(acme, vendor)
    imported(acme, vendor, **change)
    with pytest.raises(ConnectionMissing, match="leads to https://evil"):
        ask(found)


@pytest.mark.parametrize("url", ["token_url", "refresh_url", "revoke_url"])
def test_it_sends_a_refresh_token_nowhere_else(
    acme: Tenant, chat: Connection, vendor: Vendor, ask: Ask, url: str
) -> None:
    with_app(acme, vendor, way={url: f"{EVIL}/steal"})
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    with pytest.raises(ConnectionMissing, match="leads to https://evil"):
        ask(chat)
    disconnect(tenant_id=acme.id, by=manager_of(acme), connection_id=chat.id)
    assert now(chat).state == "disconnected"


def test_it_tells_no_password_to_a_host_that_the_services_name_begins(acme: Tenant, vendor: Vendor, ask: Ask) -> None:
    way = read_way("login", {**LOGIN, "call": "POST .evil.example/login"})
    connector = imported(acme, vendor)
    assert told(connector, way, {}) == [vendor.url]
    call = LoginCall().ask(Held(way, vendor.url, values={"username": "ada", "password": "pa55-word"}))
    assert call is not None
    with pytest.raises(EgressBlocked):
        read_target(call.request.url)


def test_it_follows_no_token_to_where_an_import_sends_it(acme: Tenant, alice: Person, vendor: Vendor, ask: Ask) -> None:
    """The words of the answer are the vendor's, and where they are read is the import's."""
    vendor.manners = Manners(instance=vendor.url)
    kept = {"base_url": "{instance_url}", "variables": {"instance_url": {"kept": True, "pattern": "https?://.+"}}}
    chat = signed_in(
        acme, alice, vendor, with_app(acme, vendor, way={"keep": {"instance_url": "instance_url"}}, **kept)
    )
    with_app(acme, vendor, way={"keep": {"instance_url": f"'{EVIL}'"}}, **kept)
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    grant = ask(chat)
    assert (grant.token_version, grant.base_url) == (2, vendor.url)
    assert grant.origins == {("http", "127.0.0.1", vendor.port)}
    assert now(chat).origins == [vendor.url]


def test_it_moves_with_a_token_where_its_connector_is_trusted(acme: Tenant, vendor: Vendor) -> None:
    variables = {"instance_url": {"kept": True, "pattern": "https?://.+"}}
    way = oauth(vendor, keep={"instance_url": "instance_url"})
    connector = imported(acme, vendor, base_url="{instance_url}", variables=variables, auth={"oauth": way})
    found = Connection(slug="chat", variables={"instance_url": vendor.url}, origins=[vendor.url])
    kept = {"instance_url": "https://eu.example"}
    with pytest.raises(ConnectionMissing):
        move(found, connector, connector.auth[0], kept)
    assert (found.variables, found.origins) == ({"instance_url": vendor.url}, [vendor.url])
    move(found, replace(connector, source="shipped"), connector.auth[0], kept)
    assert (found.variables, found.origins) == (kept, [vendor.url, "https://eu.example"])


@pytest.mark.parametrize("url", ["authorize_url", "token_url", "refresh_url", "revoke_url"])
def test_it_shows_an_app_nowhere_else(acme: Tenant, alice: Person, vendor: Vendor, url: str) -> None:
    with_app(acme, vendor)
    led = imported(acme, vendor, auth={"oauth": oauth(vendor, **{url: f"{EVIL}/steal"})})
    with pytest.raises(ConnectionMissing, match=r"signs in at https://evil\.example/steal now"):
        begun(acme, alice, led)
    with within(acme.id):
        assert not OAuthFlow.objects.exists()
        assert not Connection.objects.exists()


def test_it_shows_a_code_nowhere_else(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    """Imported again while somebody is away at the vendor."""
    started = begun(acme, alice, with_app(acme, vendor))
    imported(acme, vendor, auth={"oauth": oauth(vendor, token_url=f"{vendor.url}/steal")})
    with pytest.raises(ConnectionMissing, match="signs in at"):
        finished(started, alice, vendor.consent(started.url))
    assert vendor.asked("/steal") == []
    with within(acme.id):
        assert not Credential.objects.exists()


@pytest.mark.parametrize("change", [{"pattern": "[a-z.]+"}, {"default": "evil"}])
def test_it_shows_an_app_to_no_other_shop(acme: Tenant, alice: Person, vendor: Vendor, change: dict[str, Any]) -> None:
    way = oauth(vendor, token_url="https://{shop}.example/token")
    shop = {"pattern": "[a-z]+"}
    registered = imported(acme, vendor, auth={"oauth": way}, variables={"shop": shop})
    facts: dict[str, Any] = {"by": manager_of(acme), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    register_app(tenant_id=acme.id, connector=registered, **facts)
    begun(acme, alice, registered, variables={"shop": "acme"})
    led = imported(acme, vendor, auth={"oauth": way}, variables={"shop": {**shop, **change}})
    with pytest.raises(ConnectionMissing, match=r"signs in at https://\{shop\}.example/token"):
        begun(acme, alice, led, variables={"shop": "acme"})
    register_app(tenant_id=acme.id, connector=led, **facts)
    assert begun(acme, alice, led, variables={"shop": "acme"}).url


def test_whoever_connects_it_again_agrees(
    acme: Tenant, alice: Person, chat: Connection, vendor: Vendor, ask: Ask
) -> None:
    with_app(acme, vendor, hosts=["files.example"])
    with pytest.raises(ConnectionMissing):
        ask(chat)
    signed_in_again(chat, alice, vendor)
    assert ("https", "files.example", 443) in ask(chat).origins


def test_whoever_rotates_agrees(acme: Tenant, vendor: Vendor, ask: Ask) -> None:
    found = settled(acme, vendor)
    imported(acme, vendor, hosts=["files.example"])
    rotate_credential(tenant_id=acme.id, by=manager_of(acme), connection_id=found.id, values={"key": API_KEY})
    assert ("https", "files.example", 443) in ask(found).origins
    with pytest.raises(Conflict, match="no previous credential"):
        take_back(tenant_id=acme.id, by=manager_of(acme), connection_id=found.id)


def test_it_says_when_a_connector_has_a_variable_more(acme: Tenant, chat: Connection, vendor: Vendor, ask: Ask) -> None:
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    way = {"token_url": f"{vendor.url}/{{shop}}/token"}
    with_app(acme, vendor, way=way, variables={"shop": {"pattern": "[a-z]+"}})
    with pytest.raises(Invalid, match="The variable `shop` is missing"):
        ask(chat)
