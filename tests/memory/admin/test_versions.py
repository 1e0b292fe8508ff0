"""What a memory said before, beside what it says now."""

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.admin.difference import MOST_WORDS, Kind, Piece, difference
from memory.admin.said import facts_at
from memory.admin.versions_page import change_between
from memory.delete import delete_memory
from memory.models import Memory, MemoryVersion
from memory.restore import restore_memory
from memory.update import update_memory
from tests.browsing import Browse, address_of
from tests.cast import CASTING
from tests.memory.remembering import remember, seen_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def memory(acme: Tenant) -> Memory:
    """It said something else at version 1, was deleted at 2 and restored at 3; it is at 4."""
    memory = remember(acme, "The deal closes in May.", tags=["sales"], metadata={"account": 7})
    changes = {"content": "The deal closes in June.", "tags": ["sales", "late"], "valid_to": "2026-06-30T00:00:00Z"}
    with within(acme.id):
        update_memory(by=CASTING, memory_id=memory.id, version=1, changes=changes)
        delete_memory(by=CASTING, memory_id=memory.id)
        restore_memory(by=CASTING, memory_id=memory.id)
    return seen_now(acme, memory.id)


class TestPage:
    def test_it_compares_the_last_two_at_first(self, browse: Browse, vera: Person, memory: Memory) -> None:
        page = browse(vera).page(address_of(memory, "versions"))
        assert "Version 3 and version 4" in page
        assert "They say the same." in page

    def test_it_marks_what_went_and_what_came(self, browse: Browse, vera: Person, memory: Memory) -> None:
        page = browse(vera).page(address_of(memory, "versions"), {"from": "1", "to": "2"})
        assert "The deal closes in <del>May</del><ins>June</ins>." in page
        assert "<del>sales</del>" in page
        assert "<ins>sales, late</ins>" in page
        assert "2026-06-30T00:00:00Z" in page

    @pytest.mark.parametrize("query", [{"from": "99"}, {"to": "-1"}, {"from": "x"}])
    def test_a_version_that_is_not_there_is_passed_over(
        self, browse: Browse, vera: Person, memory: Memory, query: dict[str, str]
    ) -> None:
        assert "Version 3 and version 4" in browse(vera).page(address_of(memory, "versions"), query)

    def test_a_first_version_has_nothing_before_it(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        page = browse(vera).page(address_of(remember(acme, "one"), "versions"))
        assert "Version 1 and version 1" in page

    def test_a_deleted_one_shows_them_too(self, browse: Browse, vera: Person, acme: Tenant, memory: Memory) -> None:
        with within(acme.id):
            delete_memory(by=CASTING, memory_id=memory.id)
        assert "Version 4 and version 5" in browse(vera).page(address_of(memory, "versions"))

    def test_it_only_shows(self, browse: Browse, bob: Person, memory: Memory) -> None:
        assert browse(bob).post(address_of(memory, "versions")).status_code == 405


class TestFactsAt:
    def test_a_deletion_changes_no_facts(self, acme: Tenant, memory: Memory) -> None:
        with within(acme.id):
            said = [(facts_at(memory, number) or {}).get("content") for number in range(6)]
        may, june = "The deal closes in May.", "The deal closes in June."
        assert said == [None, may, june, june, june, None]

    def test_what_is_not_kept_is_not_known(self, acme: Tenant, memory: Memory) -> None:
        with within(acme.id):
            MemoryVersion.objects.filter(version__lt=3).delete()
            assert facts_at(memory, 1) is None
            assert change_between(memory, 1, 4).content == [Piece(Kind.NEW, "The deal closes in June.")]
            MemoryVersion.objects.all().delete()
            assert facts_at(memory, 3) is None


class TestDifference:
    def test_the_same_is_one_piece(self) -> None:
        assert difference("one\ntwo", "one\ntwo") == [Piece(Kind.SAME, "one\ntwo")]

    def test_only_words_that_differ_are_marked(self) -> None:
        assert difference("a b c\nd", "a x c\nd") == [
            Piece(Kind.SAME, "a "),
            Piece(Kind.GONE, "b"),
            Piece(Kind.NEW, "x"),
            Piece(Kind.SAME, " c\nd"),
        ]

    def test_nothing_and_something(self) -> None:
        assert difference("", "new") == [Piece(Kind.NEW, "new")]
        assert difference("gone", "") == [Piece(Kind.GONE, "gone")]
        assert difference("", "") == []

    def test_passages_that_are_too_long_to_compare_are_told_whole(self) -> None:
        before, after = "a " * MOST_WORDS, "b " * MOST_WORDS
        assert difference(before, after) == [Piece(Kind.GONE, before), Piece(Kind.NEW, after)]
