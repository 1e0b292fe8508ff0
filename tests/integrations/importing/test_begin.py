from typing import Any

import pytest

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations.documents import LARGEST_BYTES
from integrations.errors import EgressBlocked
from integrations.importing.begin import begin_import
from integrations.importing.files import unpack
from integrations.models import ConnectorImport
from integrations.openapi.bundle import MOST_FILES
from tests.integrations.importing.orders import SOMEBODY, begin, content, told

pytestmark = pytest.mark.django_db
YAML = b"openapi: 3.0.0\npaths: {}"


def rows(tenant: Tenant) -> int:
    with within(tenant.id):
        return ConnectorImport.objects.count()


def test_it_keeps_what_was_handed_in_until_a_worker_reads_it(acme: Tenant) -> None:
    row = begin(acme)
    files = unpack(bytes(row.content or b""))
    assert (row.connector, row.state, row.actor) == ("parcels", "waiting", "system:tests")
    assert (files.main, files.contents) == ("openapi.json", {"openapi.json": content()})
    assert told() == [("system:tests", "import.began", {"connector": "parcels", "files": 1})]


def test_it_takes_a_url_alone(acme: Tenant) -> None:
    files = unpack(bytes(begin(acme, origin="https://docs.example.com/api.yaml").content or b""))
    assert (files.main, files.contents) == ("https://docs.example.com/api.yaml", {})


def test_it_takes_a_file_for_the_one_that_is_at_its_url(acme: Tenant) -> None:
    row = begin(acme, origin="https://docs.example.com/api.yaml", files={"api.yaml": YAML}, main="api.yaml")
    files = unpack(bytes(row.content or b""))
    assert (files.main, list(files.contents)) == (
        "https://docs.example.com/api.yaml",
        ["https://docs.example.com/api.yaml"],
    )


@pytest.mark.parametrize("main", ["", "api/main.yaml"])
def test_it_finds_the_description_among_many_files(acme: Tenant, main: str) -> None:
    files = {"api/part.yaml": b"a: 1", "api/main.yaml": YAML}
    assert unpack(bytes(begin(acme, files=files, main=main).content or b"")).main == "api/main.yaml"


@pytest.mark.parametrize(
    ("order", "path", "sentence"),
    [
        ({"slug": "Parcels"}, "$.slug", "Give a slug of at most 23 small letters, digits and single dashes."),
        ({"slug": "a" * 24}, "$.slug", "Give a slug of at most 23 small letters, digits and single dashes."),
        ({"files": {}}, "$.url", "Give the URL of an OpenAPI description, or its files."),
        ({"origin": "https://x.example.com/" + "a" * 2000}, "$.url", "This is longer than 2,000 characters."),
        ({"files": {"": YAML}}, "$.files", "A file's name is 1 to 500 printable characters."),
        ({"files": {"a\n": YAML}}, "$.files", "A file's name is 1 to 500 printable characters."),
        (
            {"files": {"a.zip": b"PK\x03\x04"}},
            "$.files.a.zip",
            "This is a zip archive. Send the YAML or JSON document itself.",
        ),
        (
            {"files": {"a": b"<html>"}},
            "$.files.a",
            "This is XML or HTML. Send the YAML or JSON document itself, not a page that shows it.",
        ),
        (
            {"files": {"a": YAML, "b": YAML}},
            "$.main",
            "Say which file is the description: the one with `openapi` or `swagger` at its top.",
        ),
        ({"files": {"a": YAML, "b": b""}, "main": "c"}, "$.main", "There is no file of this name."),
        (
            {"files": {str(n): b"" for n in range(MOST_FILES + 1)}, "main": "1"},
            "$.files",
            f"These are more than {MOST_FILES} files. Hand in one that holds the others.",
        ),
        (
            {"files": {"a": b"x" * (LARGEST_BYTES + 1)}},
            "$.files",
            "The files together are larger than 32,000,000 bytes. Hand in a part of them.",
        ),
    ],
)
def test_it_refuses_what_cannot_be_imported_with_every_fault(
    acme: Tenant, order: Any, path: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as caught:
        begin(acme, **order)
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [(path, sentence)]
    assert (rows(acme), told()) == (0, [])


@pytest.mark.parametrize("origin", ["ftp://x.example.com", "https://me:secret@x.example.com/", "/etc/passwd"])
def test_it_refuses_an_origin_that_is_no_url(acme: Tenant, origin: str) -> None:
    with pytest.raises(EgressBlocked):
        begin(acme, origin=origin)
    assert rows(acme) == 0


def test_it_refuses_those_who_may_not_say_where_credentials_go(acme: Tenant, scout_caller: Caller) -> None:
    with pytest.raises(Forbidden, match="credentials"):
        begin(acme, by=scout_caller)
    assert rows(acme) == 0


def test_it_refuses_a_second_import_while_the_first_is_under_way(acme: Tenant, globex: Tenant) -> None:
    begin(acme)
    with pytest.raises(Conflict, match="`parcels` is being imported already"):
        begin(acme)
    begin(globex)
    assert (rows(acme), rows(globex)) == (1, 1)


def test_it_refuses_the_name_of_a_connector_that_came_with_the_product(
    acme: Tenant, settings: Any, tmp_path: Any
) -> None:
    folder = tmp_path / "parcels"
    folder.mkdir()
    (folder / "connector.yaml").write_text(
        "{name: P, category: other, description: P., base_url: 'https://p.example.com'}"
    )
    (folder / "actions.yaml").write_text("{send: {description: Send., call: POST /p}}")
    settings.CONNECTORS_DIR = str(tmp_path)
    with pytest.raises(Conflict, match="came with the product"):
        begin(acme)
    assert rows(acme) == 0


def test_it_works_for_one_tenant_only(acme: Tenant) -> None:
    with platform(), pytest.raises(ValueError, match="inside its tenant's scope"):
        begin_import(by=SOMEBODY, slug="parcels", files={"a": YAML})
