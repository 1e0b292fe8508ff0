"""Importing an API in the browser: taken from a form, followed, and told about."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.admin.import_report import SHOWN
from integrations.importing.files import unpack
from integrations.models import ConnectorImport
from integrations.models.connector import ImportState
from tests.browsing import Browse, address_of, list_of
from tests.integrations.importing.orders import begin, content, run

pytestmark = pytest.mark.django_db

ADD = "/admin/integrations/connectorimport/add/"
TEXT = content().decode()


def orders(tenant: Tenant) -> list[ConnectorImport]:
    with within(tenant.id):
        return list(ConnectorImport.objects.all())


def file(name: str = "openapi.json", read: bytes = TEXT.encode()) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, read)


def stores(number: int) -> dict[str, Any]:
    """So many operations that no tool calls, and one that one does."""
    paths: dict[str, Any] = {f"/stores/{n}": {"trace": {"responses": {}}} for n in range(number)}
    return paths | {"/parcels": {"get": {"operationId": "list", "responses": {}}}}


# --- Handing in ---


def test_it_takes_files(browse: Browse, alice: Person, acme: Tenant) -> None:
    fields = {"slug": "parcels", "files": [file(), file("parcel.yaml", b"type: object")]}
    page = browse(alice).done(ADD, fields)
    assert "The import is taken." in page
    assert "It waits for a worker." in page
    (row,) = orders(acme)
    assert sorted(unpack(bytes(row.content or b"")).contents) == ["openapi.json", "parcel.yaml"]
    assert row.actor == f"person:{alice.id}"


@pytest.mark.parametrize(
    "field", [{"document": TEXT}, {"url": "https://api.example/openapi.json"}], ids=["text", "url"]
)
def test_it_takes_a_text_or_an_address(browse: Browse, alice: Person, acme: Tenant, field: dict[str, str]) -> None:
    browse(alice).done(ADD, {"slug": "parcels", **field})
    assert [row.origin for row in orders(acme)] == [field.get("url", "")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Give the URL of an OpenAPI description, or its files."),
        ({"slug": "No Slug", "document": TEXT}, "small letters, digits and single dashes"),
        ({"slug": "slack", "document": TEXT}, "A connector `slack` came with the product."),
        ({"document": "<xml/>"}, "document"),
        ({"url": "ftp://api.example/openapi.json"}, "ftp"),
        ({"document": "x" * 600_001}, "This is too long to be pasted. Hand it in as a file."),
        ({"document": TEXT, "main": "other.json"}, "There is no file of this name."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_it_says_what_is_wrong(browse: Browse, alice: Person, acme: Tenant, fields: dict[str, str], said: str) -> None:
    page = browse(alice).refused(ADD, {"slug": "parcels", **fields})
    assert said.replace("`slack`", "<code>slack</code>") in page
    assert orders(acme) == []


def test_it_takes_files_or_a_text(browse: Browse, alice: Person, acme: Tenant) -> None:
    page = browse(alice).refused(ADD, {"slug": "parcels", "document": TEXT, "files": file()})
    assert "Hand in files or a text, not both." in page
    assert orders(acme) == []


def test_it_fills_in_what_is_imported_again(browse: Browse, alice: Person) -> None:
    page = browse(alice).page(ADD, {"slug": "parcels", "url": "https://api.example/o.json"})
    assert 'value="parcels"' in page
    assert 'value="https://api.example/o.json"' in page
    assert 'enctype="multipart/form-data"' in page


def test_it_is_for_those_with_the_right_to_credentials(browse: Browse, bob: Person, acme: Tenant) -> None:
    assert browse(bob).get(ADD).status_code == 403
    assert browse(bob).post(ADD, {"slug": "parcels", "document": TEXT}).status_code == 403
    assert orders(acme) == []
    assert "Import an API" not in browse(bob).page(list_of(ConnectorImport))


# --- Following ---


def test_it_shows_how_far_it_is(browse: Browse, bob: Person, acme: Tenant) -> None:
    row = begin(acme)
    with within(acme.id):
        ConnectorImport.objects.update(state=ImportState.RUNNING, done=30, total=120)
    page = browse(bob).page(address_of(row))
    assert 'data-refresh-seconds="2"' in page
    assert "25 % · operation 30 of 120" in page
    with within(acme.id):
        ConnectorImport.objects.update(total=0)
    assert "The files are being read." in browse(bob).page(address_of(row))


def test_it_says_why_it_failed(browse: Browse, bob: Person, acme: Tenant) -> None:
    row = run(begin(acme, files={"openapi.json": b"just: yaml"}))
    page = browse(bob).page(address_of(row))
    assert "This is no OpenAPI description" in page
    assert "data-refresh-seconds" not in page


def test_it_tells_what_became_actions(browse: Browse, alice: Person, acme: Tenant) -> None:
    row = run(begin(acme, files={"openapi.json": content(stores(1))}))
    page = browse(alice).page(address_of(row))
    assert "<dt>Became actions</dt><dd>1 (50 %)</dd>" in page
    assert "TRACE /stores/0" in page
    assert 'Methods that no tool calls <span class="qm-number">1</span>' in page
    assert "Beside the import before" not in page
    assert "Import again" in page
    listed = browse(alice).page(list_of(ConnectorImport))
    assert '<td data-label="Became actions">1 of 2</td>' in listed
    assert '<span class="qm-badge qm-good">Done</span>' in listed


def test_it_searches_what_was_left_out(browse: Browse, bob: Person, acme: Tenant) -> None:
    address = address_of(run(begin(acme, files={"openapi.json": content(stores(SHOWN + 5))})))
    page = browse(bob).page(address)
    assert "And 5 more. Search to see them." in page
    found = browse(bob).page(address, {"q": "STORES/104"})
    assert ("TRACE /stores/104" in found, "TRACE /stores/1<" in found) == (True, False)
    assert "Nothing that was left out fits." in browse(bob).page(address, {"reason": "cookie"})


def test_it_tells_what_a_later_import_changed(browse: Browse, bob: Person, acme: Tenant) -> None:
    run(begin(acme))
    assert "Nothing changed." in browse(bob).page(address_of(run(begin(acme))))
    later = run(begin(acme, files={"openapi.json": content({"/depots": {"get": {"operationId": "listDepots"}}})}))
    page = browse(bob).page(address_of(later))
    assert "New actions · 1" in page
    assert "Actions that are gone · 1" in page


def test_it_shows_nothing_to_another_tenant(browse: Browse, mallory: Person, acme: Tenant) -> None:
    row = run(begin(acme))
    assert browse(mallory).get(address_of(row)).status_code == 404
    assert "No API was imported yet" in browse(mallory).page(list_of(ConnectorImport))


def test_it_keeps_a_history(browse: Browse, alice: Person, acme: Tenant) -> None:
    row = begin(acme)
    history = reverse("admin:integrations_connectorimport_history", args=[row.pk])
    assert "import.began" in browse(alice).page(history)
