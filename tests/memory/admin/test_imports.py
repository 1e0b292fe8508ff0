"""Imports of memories in the browser: handed in, followed, cancelled, with what is wrong with each line."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.admin.imports import roughly
from memory.importing.work import work_imports
from memory.models import BulkStatus, ImportFault, MemoryImport, Trust
from tests.browsing import Browse, address_of, list_of
from tests.memory.bulk_lines import as_lines, contents, now, numbered, numbers

pytestmark = pytest.mark.django_db

LIST = list_of(MemoryImport)
ADD = f"{LIST}add/"


def uploaded(lines: bytes, **fields: str) -> dict[str, Any]:
    file = BytesIO(lines)
    file.name = "memories.jsonl"
    return {"lines": file, "namespace": "people", "trust": "agent", **fields}


def an_import(tenant: Tenant, person: Person, **facts: Any) -> MemoryImport:
    usual = {"size": 1000, "sha256": "5" * 64, "total_lines": 100, "sealed_head": b"", "actor": f"person:{person.pk}"}
    with within(tenant.id):
        return MemoryImport.objects.create(tenant=tenant, **{**usual, **facts})


def there(tenant: Tenant) -> list[MemoryImport]:
    with within(tenant.id):
        return list(MemoryImport.objects.all())


class TestHandingIn:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("folder")
    def test_a_file_is_taken_and_becomes_memories(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        lines = as_lines({"content": "one"}, {"content": "two", "kind": "NOT ONE"}, {"content": "one"})
        page = browse(bob).done(ADD, uploaded(lines))
        assert "3 lines came in." in page
        (row,) = there(acme)
        assert (row.namespace, row.trust, row.actor) == ("people/", Trust.AGENT, f"person:{bob.pk}")
        assert "It waits for a worker." in page
        while work_imports(only=row.id):
            pass
        assert numbers(now(acme, row)) == (1, 1, 1, 0)
        assert contents(acme) == ["one"]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("folder")
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"lines": ""}, "This field is required."),
            ({"namespace": "a//b"}, "Give parts with a slash between them"),
            ({"trust": "much"}, "Select a valid choice."),
        ],
    )
    def test_a_fault_stands_beside_its_field_and_nothing_is_taken(
        self, browse: Browse, bob: Person, acme: Tenant, fields: dict[str, str], said: str
    ) -> None:
        assert said in browse(bob).refused(ADD, {**uploaded(numbered(1)), **fields})
        assert there(acme) == []

    def test_a_viewer_may_not(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        assert "Import memories" not in browse(vera).page(LIST)
        assert browse(vera).get(ADD).status_code == 403
        assert browse(vera).post(ADD, uploaded(numbered(1))).status_code == 403
        assert there(acme) == []


class TestList:
    def test_each_says_how_far_it_is(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        an_import(acme, alice, status=BulkStatus.RUNNING, line=42, created=40, duplicates=1, refused=1)
        page = browse(alice).page(LIST)
        for shown in ("100 lines", "42 %", ">40<", "1 were there", "Alice"):
            assert shown in page

    @pytest.mark.parametrize(("query", "shown"), [({}, True), ({"status": "failed"}, False)])
    def test_it_is_narrowed(
        self, browse: Browse, alice: Person, acme: Tenant, query: dict[str, str], shown: bool
    ) -> None:
        row = an_import(acme, alice)
        assert (address_of(row) in browse(alice).page(LIST, query)) is shown

    def test_who_may_not_look_after_people_sees_their_own(
        self, browse: Browse, alice: Person, bob: Person, acme: Tenant
    ) -> None:
        hers, his = an_import(acme, alice), an_import(acme, bob)
        page = browse(bob).page(LIST)
        assert address_of(his) in page
        assert address_of(hers) not in page
        assert browse(bob).get(address_of(hers)).status_code == 404

    def test_it_costs_the_same_for_many_as_for_one(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        visitor = browse(alice)
        an_import(acme, alice)
        visitor.page(LIST)
        with CaptureQueriesContext(connection) as one:
            visitor.page(LIST)
        for _ in range(5):
            an_import(acme, alice)
        with CaptureQueriesContext(connection) as many:
            visitor.page(LIST)
        assert len(many) == len(one)


class TestDetail:
    def test_one_that_goes_on_has_a_bar(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        facts = {"line": 25, "created": 25, "worked_ms": 500, "started_at": "2026-11-30T12:00Z"}
        page = browse(alice).page(address_of(an_import(acme, alice, status=BulkStatus.RUNNING, **facts)))
        assert '<progress class="qm-going-bar" max="100" value="25"' in page
        assert "line 25 of 100 · 50 a second · about 2 s left" in page
        assert 'data-refresh-seconds="2"' in page

    def test_one_that_has_ended_is_not_looked_at_again(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        page = browse(alice).page(
            address_of(an_import(acme, alice, status=BulkStatus.FAILED, error="The disk is full."))
        )
        assert "The disk is full." in page
        assert "data-refresh-seconds" not in page

    def test_it_tells_what_is_wrong_line_by_line(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        row = an_import(acme, alice, status=BulkStatus.SUCCEEDED, line=1, refused=1)
        with within(acme.id):
            ImportFault.objects.create(
                tenant=acme, memory_import=row, line=17, path="$.kind", message="Give small letters."
            )
        page = browse(alice).page(address_of(row))
        for shown in (">17<", "$.kind", "Give small letters."):
            assert shown in page

    @pytest.mark.parametrize("page", ["change", "cancel"])
    def test_anothers_is_not_there(
        self, browse: Browse, mallory: Person, alice: Person, acme: Tenant, page: str
    ) -> None:
        row = an_import(acme, alice)
        assert browse(mallory).get(address_of(row, page)).status_code == 404
        assert browse(mallory).post(address_of(row, page)).status_code == 404
        assert now(acme, row).status == BulkStatus.WAITING

    def test_what_is_no_id_is_not_there(self, browse: Browse, alice: Person) -> None:
        assert browse(alice).get(f"{LIST}nothing/change/").status_code == 404


class TestCancelling:
    def test_it_is_cancelled(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        row = an_import(acme, bob)
        assert "It is cancelled." in browse(bob).done(address_of(row, "cancel"))
        assert now(acme, row).status == BulkStatus.CANCELLED

    def test_one_that_has_ended_is_not(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        row = an_import(acme, bob, status=BulkStatus.SUCCEEDED)
        assert "/cancel/" not in browse(bob).page(address_of(row))
        assert "has ended already" in browse(bob).refused(address_of(row, "cancel"))
        assert now(acme, row).status == BulkStatus.SUCCEEDED

    def test_a_viewer_may_not(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        row = an_import(acme, vera)
        assert browse(vera).post(address_of(row, "cancel")).status_code == 403
        assert now(acme, row).status == BulkStatus.WAITING


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (40, "40 s"), (720, "12 min"), (12_000, "3 h 20 min"), (36_000_000, "10,000 h 0 min")],
)
def test_a_stretch_of_time_is_told_roughly(seconds: float, said: str) -> None:
    assert roughly(seconds) == said
