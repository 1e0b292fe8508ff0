"""Importing an API: from the file on somebody's disk to the report, on a desk and on a phone, light and dark."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.importing.run import run_due
from integrations.models import ConnectorImport
from integrations.models.connector import ImportState
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import faults
from tests.browsing import address_of, list_of
from tests.integrations.importing.orders import begin, content, run

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/integrations/connectorimport/add/"


def described(*names: str) -> bytes:
    """Operations of those names, and forty that no tool calls."""
    paths: dict[str, Any] = {f"/depots/{n}/doors/{{door}}/locks": {"trace": {"responses": {}}} for n in range(40)}
    return content(paths | {f"/{name}": {"get": {"operationId": name, "responses": {}}} for name in names})


@pytest.fixture
def imports(acme: Tenant) -> list[ConnectorImport]:
    """One in each state, those that are done with all that can be told."""
    run(begin(acme, slug="warehouse", files={"openapi.json": described("find", "lose")}))
    done = run(begin(acme, slug="warehouse", files={"openapi.json": described("find", "send")}))
    failed = run(begin(acme, slug="letters", files={"openapi.json": b"just: yaml"}))
    running = begin(acme, slug="parcels", origin="https://api.example.com/a/rather/long/address/of/openapi.json")
    with within(acme.id):
        ConnectorImport.objects.filter(id=running.id).update(state=ImportState.RUNNING, done=700, total=1_200)
    return [done, failed, running]


def test_it_imports_a_file(open_tab: OpenTab, alice: Person, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_bytes(described("find", "send"))
    tab = open_tab(alice)
    tab.open(list_of(ConnectorImport))
    tab.follow("Import an API")
    tab.fill("Slug", "warehouse")
    tab.choose_file("Or files optional", file)
    tab.press("Import")
    tab.wait_for("It waits for a worker.")
    run_due()
    tab.wait_for("2 (4 %)")
    assert "Add tools" in tab.text()
    assert tab.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
def test_it_shows_clean_pages(
    open_tab: OpenTab, alice: Person, imports: list[ConnectorImport], theme: str, phone: bool
) -> None:
    tab = open_tab(alice, phone=phone, theme=theme)
    for page in [ADD, list_of(ConnectorImport), *map(address_of, imports)]:
        assert tab.open(page) == 200, page
        assert faults(tab) == {}, page
    assert tab.complaints == []
