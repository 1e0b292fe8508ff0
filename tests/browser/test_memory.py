"""Memory: remembered, found and changed in a browser, an import followed while it goes on, and every page clean."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from memory.erasing.begin import begin_erasure
from memory.erasing.work import work_erasures
from memory.links.create import link
from memory.models import (
    Access,
    BulkStatus,
    Erased,
    ImportFault,
    Memory,
    MemoryErasure,
    MemoryImport,
    ModelState,
    NamespaceRule,
    RecallSample,
)
from memory.sampling.timings import note
from memory.update import update_memory
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import faults
from tests.browsing import address_of, list_of
from tests.memory.admin.test_imports import an_import
from tests.memory.remembering import CURATOR, make_model, remember, rule

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/admin/memory/search/"
LONG = "The deal with Globex closes in May, if their board agrees, which nobody doubts. " * 4


@pytest.fixture
def addresses(acme: Tenant, alice: Person, scout: Agent, folder: object) -> list[str]:
    """Every page of memory, with something on each."""
    model = make_model()
    facts: dict[str, Any] = {
        "namespace": "projects/apollo",
        "tags": ["sales", "q2"],
        "metadata": {"account": 7},
        "trust": "untrusted",
    }
    deal, other = remember(acme, LONG, **facts), remember(acme, "Ada signs for them.", namespace="people/ada")
    remember(acme, "Old news of the night shift.", namespace="shifts")
    with within(acme.id):
        link(by=CURATOR, from_id=deal.id, to_id=other.id, type="signed_by")
        update_memory(by=CURATOR, memory_id=deal.id, version=1, changes={"content": LONG.replace("May", "June")})
        erasure = begin_erasure(tenant_id=acme.id, by=CURATOR, what=Erased.NAMESPACE, target="shifts")
    while work_erasures(only=erasure.id):
        pass
    make_model("next", state=ModelState.BUILDING)
    going = an_import(acme, alice, status=BulkStatus.RUNNING, line=3, created=2, refused=1, started_at=timezone.now())
    with within(acme.id):
        ImportFault.objects.create(tenant=acme, memory_import=going, line=2, path="$.kind", message="Give a word.")
        facts_of_sample = {"route": "ann", "index": "own", "wanted": 10, "found": 9, "ann_ms": 2.0, "exact_ms": 90.0}
        RecallSample.objects.create(tenant=acme, model=model, recall=0.9, **facts_of_sample)
    note(tenant_id=acme.id, route="exact", ms=12.0)
    row = rule(acme, "people/", Access.READ, scout)
    return [
        *map(list_of, (Memory, MemoryImport, NamespaceRule, MemoryErasure)),
        *(address_of(deal, page) for page in ("change", "edit", "link", "versions", "remove")),
        *map(address_of, (going, erasure, row)),
        f"{list_of(Memory)}?namespace=projects/apollo/",
        f"{list_of(Memory)}add/",
        f"{list_of(MemoryImport)}add/",
        f"{list_of(NamespaceRule)}add/",
        f"{list_of(MemoryErasure)}add/?what=end_user&target=ada",
        f"{SEARCH}?query=deal&mode=keyword&expand_links=1",
        SEARCH,
        "/admin/memory/overview/",
        "/admin/memory/models/",
    ]


@pytest.mark.parametrize(("phone", "theme"), [(False, "light"), (True, "dark")])
def test_its_pages_are_clean(open_tab: OpenTab, alice: Person, addresses: list[str], phone: bool, theme: str) -> None:
    tab = open_tab(alice, phone=phone, theme=theme)
    for address in addresses:
        assert tab.open(address) == 200, address
        assert faults(tab) == {}, address
    assert tab.complaints == []


def test_its_empty_pages_are_clean(open_tab: OpenTab, alice: Person) -> None:
    tab = open_tab(alice, phone=True)
    lists = map(list_of, (Memory, MemoryImport, NamespaceRule, MemoryErasure))
    for address in (*lists, SEARCH, "/admin/memory/overview/", "/admin/memory/models/"):
        assert tab.open(address) == 200, address
        assert faults(tab) == {}, address
    assert tab.complaints == []


def test_what_was_remembered_is_found(open_tab: OpenTab, bob: Person) -> None:
    tab = open_tab(bob)
    tab.open(f"{list_of(Memory)}add/")
    tab.fill("Content", "The deal with Globex closes in May.")
    tab.press("Remember it")
    tab.wait_for("It is remembered.")
    tab.open(SEARCH)
    tab.fill("What to look for", "when does the deal close")
    tab.press("Search")
    tab.wait_for("1 hit")
    assert "The deal with Globex closes in May." in tab.text()
    assert "by words: 1st" in tab.text()


def test_an_import_is_followed(open_tab: OpenTab, alice: Person, acme: Tenant) -> None:
    row = an_import(acme, alice, status=BulkStatus.RUNNING, line=10, created=10, started_at=timezone.now())
    tab = open_tab(alice)
    tab.open(address_of(row))
    tab.wait_for("line 10 of 100")
    with within(acme.id):
        MemoryImport.objects.filter(id=row.id).update(line=60, created=60)
    tab.wait_for("line 60 of 100")
    assert tab.evaluate("document.querySelector('progress').value") == 60
    with within(acme.id):
        ended = {"status": BulkStatus.SUCCEEDED, "line": 100, "created": 100, "finished_at": timezone.now()}
        MemoryImport.objects.filter(id=row.id).update(**ended)
    tab.wait_until("!document.querySelector('[data-refresh-seconds]')")
    assert "Succeeded" in tab.text()
