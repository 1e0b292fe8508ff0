"""The section "Redaction" on the pages of a tool and a tenant, and its form."""

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


def test_it_shows_what_holds(browse: Browse, alice: Person, acme: Tenant, register: Register) -> None:
    tool = register(redaction={"stored": {"email": "hash"}})
    page = browse(alice).page(address_of(tool))
    assert "E-mail addresses" in page
    assert "hashed" in page
    assert "Redaction" in browse(alice).page(address_of(acme))


def test_it_decides_for_a_tool(browse: Browse, acme: Tenant, alice: Person, register: Register) -> None:
    tool = register()
    browse(alice).done(address_of(tool, "redaction"), {"stored_email": "hash", "returned_card": "drop"})
    with within(acme.id):
        tool.refresh_from_db()
    assert tool.redaction == {"stored": {"email": "hash"}, "returned": {"card": "drop"}}


def test_it_decides_for_a_tenant_and_takes_it_back(browse: Browse, acme: Tenant, alice: Person) -> None:
    browse(alice).done(address_of(acme, "redaction"), {"stored_ip": "keep"})
    with within(acme.id):
        acme.refresh_from_db()
    assert acme.redaction == {"stored": {"ip": "keep"}}
    browse(alice).done(address_of(acme, "redaction"), {})
    with within(acme.id):
        acme.refresh_from_db()
    assert acme.redaction == {}


def test_it_offers_nobody_to_store_secrets_as_they_are(browse: Browse, acme: Tenant, alice: Person) -> None:
    page = browse(alice).page(address_of(acme, "redaction"))
    stored = page.split('name="stored_secrets"')[1].split("</select>")[0]
    assert '"mask"' in stored
    assert '"keep"' not in stored
