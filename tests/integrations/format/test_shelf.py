import logging
import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.format import shelf
from integrations.models import ImportedConnector
from tests.integrations.format.folders import WriteFolder
from tests.integrations.format.samples import ACTION, ACTIONS, CONNECTOR


@pytest.fixture
def own_folders(write_folder: WriteFolder, settings: Settings) -> WriteFolder:
    """Writes folders into the operator's own directory."""

    def write(slug: str, **changes: object):  # type: ignore[no-untyped-def]
        folder = write_folder(slug, **changes)
        settings.CONNECTORS_DIR = str(folder.parent)
        return folder

    return write


def import_connector(tenant: Tenant, slug: str, **changes: object) -> ImportedConnector:
    document = {"connector": {**CONNECTOR, **changes}, "actions": ACTIONS}
    with within(tenant.id):
        return ImportedConnector.objects.create(tenant=tenant, slug=slug, document=document, source="yaml")


def test_it_has_the_operators_own_folders(own_folders: WriteFolder) -> None:
    own_folders("parcels")
    found = shelf.connector("parcels")
    assert found is not None
    assert (found.name, found.source) == ("Parcels", "operator")
    assert found in shelf.shipped()
    assert shelf.connector("no-such") is None


def test_it_reads_a_folder_once(own_folders: WriteFolder) -> None:
    folder = own_folders("parcels")
    before = shelf.connector("parcels")
    (folder / "connector.yaml").unlink()
    assert shelf.connector("parcels") is before


def test_it_leaves_out_a_broken_folder_alone(own_folders: WriteFolder, caplog: pytest.LogCaptureFixture) -> None:
    own_folders("letters", category="toys")
    own_folders("parcels")
    with caplog.at_level(logging.WARNING):
        assert [each.slug for each in shelf.shipped() if each.source == "operator"] == ["parcels"]
    assert "The connector letters is left out: $.connector.category: There is no such category." in caplog.text


def test_it_puts_an_operators_folder_before_a_shipped_one(
    own_folders: WriteFolder, write_folder: WriteFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for slug in ("parcels", "letters"):
        shutil.copytree(write_folder(slug, name="Shipped"), tmp_path / "shipped" / slug)
        shutil.rmtree(tmp_path / "connectors" / slug)
    monkeypatch.setattr(shelf, "SHIPPED", tmp_path / "shipped")
    own_folders("parcels", name="Operator's")
    own_folders("letters", category="toys")
    assert [(each.slug, each.name) for each in shelf.shipped()] == [("letters", "Shipped"), ("parcels", "Operator's")]


@pytest.mark.parametrize("slug", ["..", "../connectors/parcels", "/etc", "", "."])
def test_it_looks_for_no_folder_elsewhere(own_folders: WriteFolder, slug: str) -> None:
    own_folders("parcels")
    assert shelf.connector(slug) is None


@pytest.mark.django_db
def test_it_has_what_a_tenant_imported(acme: Tenant) -> None:
    import_connector(acme, "parcels")
    with within(acme.id):
        found = shelf.connector("parcels", tenant_id=acme.id)
        assert found is not None
        assert (found.slug, found.source) == ("parcels", "yaml")
        assert found in shelf.connectors(acme.id)


@pytest.mark.django_db
def test_it_shows_no_tenant_what_another_imported(acme: Tenant, globex: Tenant) -> None:
    import_connector(acme, "parcels")
    with within(globex.id):
        assert shelf.connector("parcels", tenant_id=globex.id) is None
        assert shelf.connector("parcels", tenant_id=acme.id) is None
        assert [each for each in shelf.connectors(globex.id) if each.source == "yaml"] == []
    assert shelf.connector("parcels") is None


@pytest.mark.django_db
def test_it_reads_an_imported_document_once_for_each_change(acme: Tenant) -> None:
    row = import_connector(acme, "parcels")
    with within(acme.id):
        first = shelf.connector("parcels", tenant_id=acme.id)
        with CaptureQueriesContext(connection) as asked:
            assert shelf.connector("parcels", tenant_id=acme.id) is first
        row.document = {**row.document, "actions": {"fetch": ACTION}}
        row.save()
        changed = shelf.connector("parcels", tenant_id=acme.id)
    assert len(asked) == 1
    assert changed is not None
    assert [action.slug for action in changed.actions] == ["fetch"]


@pytest.mark.django_db
def test_it_leaves_out_an_import_that_is_of_the_format_no_more(acme: Tenant) -> None:
    import_connector(acme, "parcels")
    import_connector(acme, "letters", colour="red")
    with within(acme.id):
        assert [each.slug for each in shelf.connectors(acme.id) if each.source == "yaml"] == ["parcels"]
        assert shelf.connector("letters", tenant_id=acme.id) is None


@pytest.mark.django_db
def test_it_puts_a_folder_before_an_import_of_its_name(acme: Tenant, own_folders: WriteFolder) -> None:
    own_folders("parcels", name="Folder")
    import_connector(acme, "parcels")
    with within(acme.id):
        found = shelf.connector("parcels", tenant_id=acme.id)
        assert found is not None
        assert found.source == "operator"
        assert [each.source for each in shelf.connectors(acme.id) if each.slug == "parcels"] == ["operator"]


@pytest.mark.django_db
def test_it_sorts_by_name(acme: Tenant) -> None:
    import_connector(acme, "a-parcels", name="zebra post")
    import_connector(acme, "parcels", name="Ape post")
    with within(acme.id):
        names = [each.name for each in shelf.connectors(acme.id)]
    assert names == sorted(names, key=str.lower)
