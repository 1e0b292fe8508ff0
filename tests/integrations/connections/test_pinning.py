"""Somebody who may import connectors, and not see credentials, leads one elsewhere."""

from typing import Any

import pytest

from accounts.errors import Invalid
from accounts.models import Person, Tenant
from integrations.connections.disconnect import disconnect
from integrations.connections.rotate import rotate_credential
from integrations.errors import ConnectionMissing
from integrations.models import Connection
from tests.catalogue import manager_of
from tests.integrations.connections.conftest import Ask, age, ago, now
from tests.integrations.connections.services import imported, settled
from tests.integrations.connections.signing_in import signed_in_again, with_app
from tests.vendors import API_KEY, Vendor

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


def test_it_says_when_a_connector_has_a_variable_more(acme: Tenant, chat: Connection, vendor: Vendor, ask: Ask) -> None:
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    way = {"token_url": f"{vendor.url}/{{shop}}/token"}
    with_app(acme, vendor, way=way, variables={"shop": {"pattern": "[a-z]+"}})
    with pytest.raises(Invalid, match="The variable `shop` is missing"):
        ask(chat)
