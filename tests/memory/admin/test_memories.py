"""Memories in the browser: looked through, written, changed by whoever read them last, deleted and brought back."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.embedding.active import ensure_model
from memory.models import Memory, MemoryEmbedding, MemoryVersion
from memory.update import update_memory
from tests.browsing import Browse, address_of, list_of
from tests.cast import CASTING
from tests.memory.remembering import remember

pytestmark = pytest.mark.django_db

LIST = list_of(Memory)
ADD = f"{LIST}add/"
USUAL = {"content": "Ada prefers mails.", "namespace": "people/ada", "kind": "preference", "trust": "trusted"}


def now(memory: Memory) -> Memory:
    with within(memory.tenant_id):
        return Memory.objects.get(id=memory.id)  # type: ignore[no-any-return]


def sent(memory: Memory, **changes: str) -> dict[str, str]:
    """The form of its page as a browser sends it."""
    return {
        "content": memory.content.replace("\n", "\r\n"),
        "namespace": memory.namespace,
        "kind": memory.kind,
        "tags": ", ".join(memory.tags),
        "trust": memory.trust,
        "source": memory.source,
        "end_user": memory.end_user,
        "metadata": json.dumps(memory.metadata, indent=2),
        "version": str(memory.version),
        **changes,
    }


def change(memory: Memory, **changes: Any) -> Memory:
    with within(memory.tenant_id):
        return update_memory(by=CASTING, memory_id=memory.id, version=memory.version, changes=changes)


def deleted(memory: Memory) -> Memory:
    with within(memory.tenant_id):
        return delete_memory(by=CASTING, memory_id=memory.id)


class TestList:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, {"here", "mail", "other"}),
            ({"namespace": "projects/"}, {"here", "mail"}),
            ({"namespace": "projects/apollo"}, {"mail"}),
            ({"namespace": "no such one"}, {"here", "mail", "other"}),
            ({"kind": "event"}, {"mail"}),
            ({"tag": "blue"}, {"here"}),
            ({"trust": "untrusted"}, {"mail"}),
            ({"end_user": "u-7"}, {"other"}),
            ({"state": "deleted"}, {"gone"}),
            ({"q": "mailed"}, {"mail"}),
            ({"q": '"no such words"'}, set()),
        ],
    )
    def test_it_is_narrowed(
        self, browse: Browse, vera: Person, acme: Tenant, query: dict[str, str], shown: set[str]
    ) -> None:
        remember(acme, "here is one", namespace="projects", tags=["blue", "green"])
        remember(acme, "mail came in", namespace="projects/apollo", kind="event", trust="untrusted")
        remember(acme, "other than these", namespace="people", end_user="u-7")
        deleted(remember(acme, "gone by now"))
        page = browse(vera).page(LIST, query)
        texts = {"here": "here is one", "mail": "mail came in", "other": "other than these", "gone": "gone by now"}
        assert {name for name, text in texts.items() if f">{text}<" in page} == shown

    def test_it_is_found_by_its_id(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        wanted, other = remember(acme, "wanted"), remember(acme, "not wanted")
        page = browse(vera).page(LIST, {"q": str(wanted.id)})
        assert address_of(wanted) in page
        assert address_of(other) not in page

    def test_the_tree_leads_down_with_numbers(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        for number in range(3):
            remember(acme, f"note {number}", namespace="projects/apollo/notes")
        remember(acme, "of the project", namespace="projects/apollo")
        page = browse(vera).page(LIST, {"namespace": "projects/apollo/"})
        assert 'notes/</span><span class="qm-number">3</span>' in page
        assert "1 directly in" in page
        assert "?namespace=projects%2Fapollo%2Fnotes%2F" in page
        assert '?namespace=projects%2F"' in page

    def test_many_namespaces_are_leafed_through(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        for number in range(52):
            remember(acme, "same", namespace=f"n{number:02}")
        first, second = browse(vera).page(LIST), browse(vera).page(LIST, {"after": "n49/"})
        assert [f'truncate">n{number}/' in first for number in (49, 50)] == [True, False]
        assert [f'truncate">n{number}/' in second for number in (49, 50, 51)] == [False, True, True]

    def test_what_is_deleted_or_anothers_is_in_no_number(
        self, browse: Browse, vera: Person, acme: Tenant, globex: Tenant
    ) -> None:
        deleted(remember(acme, "gone", namespace="secret-of-acme"))
        remember(globex, "theirs", namespace="secret-of-globex")
        page = browse(vera).page(LIST)
        assert "secret-of" not in page
        assert "Nothing is remembered yet" in page

    def test_an_empty_namespace_offers_to_show_all(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        remember(acme, "one")
        assert "Nothing matches" in browse(vera).page(LIST, {"namespace": "empty"})

    def test_it_costs_the_same_for_many_as_for_one(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        visitor = browse(vera)
        remember(acme, "first", tags=["a"])
        visitor.page(LIST)
        with CaptureQueriesContext(connection) as one:
            visitor.page(LIST)
        for number in range(20):
            remember(acme, f"memory {number}", tags=[f"t{number}"], namespace=f"n{number}")
        with CaptureQueriesContext(connection) as many:
            visitor.page(LIST)
        assert len(many) == len(one)

    def test_a_viewer_is_offered_nothing_to_do(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        memory = remember(acme, "one")
        assert "New memory" not in browse(vera).page(LIST)
        assert "/edit/" not in browse(vera).page(address_of(memory))


class TestDetail:
    def test_it_shows_all_that_is_known(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        memory = remember(
            acme,
            "The deal closes in May.",
            namespace="projects/apollo",
            kind="event",
            tags=["sales", "q2"],
            metadata={"account": 7},
            source="a mail",
            end_user="u-7",
            valid_from="2026-01-02T03:04:05Z",
        )
        page = browse(vera).page(address_of(memory))
        for shown in ("The deal closes in May.", "event", "sales", "q2", "account", "a mail", "u-7", "2 Jan 2026"):
            assert shown in page

    def test_it_warns_of_what_comes_from_outside(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        trusted, other = remember(acme, "ours"), remember(acme, "theirs", trust="untrusted")
        said = "It comes from outside, and may say anything."
        assert said not in browse(vera).page(address_of(trusted))
        assert said in browse(vera).page(address_of(other))

    def test_it_says_how_far_its_vector_is(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        ensure_model()
        memory = remember(acme, "one")
        assert ">Pending<" in browse(vera).page(LIST)
        with within(acme.id):
            name = MemoryEmbedding.objects.select_related("model").get(memory=memory).model.name
        page = browse(vera).page(address_of(memory))
        assert f"Vector of {name}" in page
        assert ">Pending<" in page

    def test_markup_in_it_is_text(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        memory = remember(acme, "<script>alert(1)</script>", tags=["<b>"])
        answer = browse(vera).get(address_of(memory)).content.decode()
        assert "&lt;script&gt;alert(1)" in answer
        assert "<script>alert(1)" not in answer

    def test_a_deleted_one_has_its_page(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        page = browse(vera).page(address_of(deleted(remember(acme, "gone"))))
        assert "nobody finds it any more" in page

    @pytest.mark.parametrize("page", ["change", "edit", "remove", "restore", "purge", "link", "unlink", "versions"])
    def test_anothers_is_not_there(self, browse: Browse, mallory: Person, acme: Tenant, page: str) -> None:
        memory = remember(acme, "ours")
        assert browse(mallory).get(address_of(memory, page)).status_code == 404
        assert browse(mallory).post(address_of(memory, page), sent(memory, content="mine")).status_code == 404
        assert now(memory).content == "ours"

    def test_what_is_no_id_is_not_there(self, browse: Browse, vera: Person) -> None:
        assert browse(vera).get(f"{LIST}nothing/change/").status_code == 404


class TestWriting:
    def test_it_is_remembered(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        fields = {
            **USUAL,
            "content": "Ada prefers mails.\r\nIn the morning.",
            "tags": "mail, habits",
            "metadata": '{"account": 7}',
            "source": "herself",
            "end_user": "ada",
            "valid_from": "2026-01-02T03:04",
        }
        assert "It is remembered." in browse(bob).done(ADD, fields)
        with within(acme.id):
            memory = Memory.objects.get()
        assert memory.content == "Ada prefers mails.\nIn the morning."
        assert (memory.namespace, memory.kind, memory.tags) == ("people/ada/", "preference", ["mail", "habits"])
        assert (memory.metadata, memory.source, memory.end_user) == ({"account": 7}, "herself", "ada")
        assert (f"{memory.valid_from:%Y-%m-%d %H:%M}", memory.created_by) == ("2026-01-02 03:04", f"person:{bob.pk}")

    def test_the_form_begins_where_one_was(self, browse: Browse, bob: Person) -> None:
        assert 'value="people/ada/"' in browse(bob).page(ADD, {"namespace": "people/ada"})
        assert 'value="default/"' in browse(bob).page(ADD, {"namespace": "not one!"})

    def test_what_is_there_already_is_shown(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        remember(acme, "Ada prefers mails.", namespace="people/ada")
        assert "holds the same words already" in browse(bob).done(ADD, USUAL)
        with within(acme.id):
            assert Memory.objects.count() == 1

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"content": "  "}, "Give a text that is not empty."),
            ({"namespace": "a//b"}, "Give parts with a slash between them"),
            ({"kind": "Two Words"}, "small letters"),
            ({"tags": "x" * 65}, "1 to 64 characters"),
            ({"metadata": "[1]"}, "Write a JSON object"),
            ({"valid_from": "2026-02-01T00:00", "valid_to": "2026-01-01T00:00"}, "Give a time after `valid_from`."),
            ({"expires_at": "2020-01-01T00:00"}, "Give a time that is still to come."),
        ],
    )
    def test_a_fault_stands_beside_its_field_and_nothing_is_made(
        self, browse: Browse, bob: Person, acme: Tenant, fields: dict[str, str], said: str
    ) -> None:
        page = browse(bob).refused(ADD, {**USUAL, **fields})
        assert said.replace("`", "") in page.replace("<code>", "").replace("</code>", "")
        with within(acme.id):
            assert not Memory.objects.exists()

    def test_a_viewer_may_not(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        assert browse(vera).get(ADD).status_code == 403
        assert browse(vera).post(ADD, USUAL).status_code == 403
        with within(acme.id):
            assert not Memory.objects.exists()


class TestChanging:
    def test_what_was_changed_is_changed(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        memory = remember(acme, "one\ntwo", tags=["a, b", "c"], valid_from="2026-01-02T03:04:05Z")
        fields = sent(memory, kind="event", valid_from="2026-01-02T03:04")
        assert "It is changed." in browse(bob).done(address_of(memory, "edit"), fields)
        after = now(memory)
        assert (after.kind, after.version, after.content) == ("event", 2, "one\ntwo")
        assert (after.tags, after.valid_from and after.valid_from.second) == (["a, b", "c"], 5)

    def test_a_form_that_is_sent_back_as_it_came_changes_nothing(
        self, browse: Browse, bob: Person, acme: Tenant
    ) -> None:
        memory = remember(acme, "one\ntwo", metadata={"a": [1]}, tags=["t"], source="s", end_user="u")
        browse(bob).done(address_of(memory, "edit"), sent(memory))
        assert now(memory).version == 1

    def test_what_somebody_else_changed_meanwhile_is_not_undone(
        self, browse: Browse, bob: Person, acme: Tenant
    ) -> None:
        memory = remember(acme, "one", kind="fact")
        change(memory, kind="event")
        page = browse(bob).refused(address_of(memory, "edit"), sent(memory, source="mine"))
        assert "it is at version 2 now, and you began with version 1" in page
        assert now(memory).source == ""
        for shown in ('name="version" value="2"', 'value="event"', 'value="mine"'):
            assert shown in page
        browse(bob).done(address_of(memory, "edit"), sent(now(memory), source="mine"))
        after = now(memory)
        assert (after.kind, after.source, after.version) == ("event", "mine", 3)

    def test_it_names_what_both_have_changed(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        memory = remember(acme, "one")
        change(memory, content="theirs")
        page = browse(bob).refused(address_of(memory, "edit"), sent(memory, content="mine"))
        assert "You both changed: content. Saving again puts yours there." in page
        assert ">\nmine</textarea>" in page
        assert now(memory).content == "theirs"

    def test_a_form_from_long_ago_is_met_without_what_it_began_with(
        self, browse: Browse, bob: Person, acme: Tenant
    ) -> None:
        memory = remember(acme, "one")
        change(memory, content="theirs")
        with within(acme.id):
            MemoryVersion.objects.all().delete()
        page = browse(bob).refused(address_of(memory, "edit"), sent(memory, content="mine"))
        assert "it is at version 2 now" in page
        assert now(memory).content == "theirs"

    def test_the_same_words_elsewhere_are_refused(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        first, second = remember(acme, "one"), remember(acme, "two")
        assert str(first.id) in browse(bob).refused(address_of(second, "edit"), sent(second, content="one"))
        assert now(second).content == "two"

    def test_a_deleted_one_is_not_changed(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        memory = deleted(remember(acme, "one"))
        browse(bob).refused(address_of(memory, "edit"), sent(memory, content="two"))
        assert now(memory).content == "one"


class TestDeleting:
    def test_it_is_deleted_and_restored(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        memory = remember(acme, "one")
        assert "It is deleted" in browse(bob).done(address_of(memory, "remove"))
        assert now(memory).deleted_by == f"person:{bob.pk}"
        assert "It is restored" in browse(bob).done(address_of(memory, "restore"))
        assert now(memory).deleted_at is None

    def test_an_admin_purges(self, browse: Browse, alice: Person, bob: Person, acme: Tenant) -> None:
        memory = deleted(remember(acme, "one"))
        assert browse(bob).post(address_of(memory, "purge")).status_code == 403
        assert "It is purged." in browse(alice).done(address_of(memory, "purge"))
        with within(acme.id):
            assert not Memory.objects.exists()

    def test_only_what_is_deleted_is_purged(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        memory = remember(acme, "one")
        assert "Delete it first" in browse(alice).refused(address_of(memory, "purge"))
        assert now(memory).content == "one"

    def test_it_does_not_come_back_beside_the_same(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        memory = deleted(remember(acme, "one"))
        other = remember(acme, "one")
        assert str(other.id) in browse(bob).refused(address_of(memory, "restore"))
        assert now(memory).deleted_at is not None

    @pytest.mark.parametrize("act", ["remove", "restore", "purge", "edit", "link", "unlink"])
    def test_a_viewer_may_not(self, browse: Browse, vera: Person, acme: Tenant, act: str) -> None:
        memory = remember(acme, "one")
        assert browse(vera).post(address_of(memory, act), sent(memory, content="mine")).status_code == 403
        assert now(memory).content == "one"
