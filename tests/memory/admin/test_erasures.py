"""Erasing in the browser: counted first, then behind a word to be typed, and proven afterwards."""

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.erasing.begin import begin_erasure
from memory.erasing.work import work_erasures
from memory.models import Erased, Memory, MemoryErasure
from tests.browsing import Browse, address_of, list_of
from tests.memory.remembering import CURATOR, remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

LIST = list_of(MemoryErasure)
ADD = f"{LIST}add/"
ADA = {"what": "end_user", "target": "ada"}


@pytest.fixture
def known(acme: Tenant) -> None:
    remember(acme, "Ada prefers mails.", end_user="ada")
    remember(acme, "Ada lives in Turin.", end_user="ada", namespace="people")
    remember(acme, "The deal closes in May.")


def erasures(tenant: Tenant) -> list[MemoryErasure]:
    with within(tenant.id):
        return list(MemoryErasure.objects.all())


def left(tenant: Tenant) -> int:
    with within(tenant.id):
        return len(Memory.objects.all())


def erased(tenant: Tenant, what: Erased, target: str) -> MemoryErasure:
    with within(tenant.id):
        row = begin_erasure(tenant_id=tenant.id, by=CURATOR, what=what, target=target)
    while work_erasures(only=row.id):
        pass
    return erasures(tenant)[0]


@pytest.mark.usefixtures("known")
class TestOrdering:
    @pytest.mark.parametrize(
        ("query", "count", "word"),
        [
            (ADA, "2</strong> memories", "ada"),
            ({"what": "namespace", "target": "people"}, "1</strong> memory", "people"),
            ({"what": "tenant", "target": ""}, "3</strong> memories", "acme"),
        ],
    )
    def test_it_is_counted_first(
        self, browse: Browse, alice: Person, acme: Tenant, query: dict[str, str], count: str, word: str
    ) -> None:
        page = browse(alice).page(ADD, query)
        assert count in page
        assert f"type <code>{word}</code>" in page
        assert erasures(acme) == []

    def test_it_is_ordered_by_typing_what_is_meant(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        assert "It is being erased." in browse(alice).done(ADD, {**ADA, "confirm": "ada"})
        (row,) = erasures(acme)
        assert (row.what, row.target, row.actor) == (Erased.END_USER, "ada", f"person:{alice.pk}")

    @pytest.mark.parametrize("typed", ["", "Ada", "acme"])
    def test_another_word_orders_nothing(self, browse: Browse, alice: Person, acme: Tenant, typed: str) -> None:
        page = browse(alice).refused(ADD, {**ADA, "confirm": typed})
        assert "Type <code>ada</code>, letter by letter." in page
        assert "2</strong> memories" in page
        assert (erasures(acme), left(acme)) == ([], 3)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"what": "namespace", "target": "a//b"}, "Give parts with a slash between them"),
            ({"what": "end_user", "target": ""}, "This is needed: the namespace, or the end user."),
            ({"what": "tenant", "target": "ada"}, "Leave this out"),
            ({"what": "everything"}, "Select a valid choice."),
        ],
    )
    def test_what_cannot_be_meant_is_told(
        self, browse: Browse, alice: Person, acme: Tenant, fields: dict[str, str], said: str
    ) -> None:
        assert browse(alice).get(ADD, fields).status_code == 422
        assert said in browse(alice).refused(ADD, {**fields, "confirm": fields.get("target", "")})
        assert (erasures(acme), left(acme)) == ([], 3)

    def test_only_who_looks_after_people_may(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        for address in (LIST, ADD):
            assert browse(bob).get(address).status_code == 403
        assert browse(bob).post(ADD, {**ADA, "confirm": "ada"}).status_code == 403
        assert (erasures(acme), left(acme)) == ([], 3)

    def test_what_is_being_erased_is_refused(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        browse(alice).done(ADD, {**ADA, "confirm": "ada"})
        assert "This is being erased already." in browse(alice).refused(ADD, {**ADA, "confirm": "ada"})
        assert len(erasures(acme)) == 1


@pytest.mark.usefixtures("known")
class TestShown:
    def test_one_that_waits_says_so(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        page = browse(alice).done(ADD, {**ADA, "confirm": "ada"})
        assert "It waits for a worker." in page
        assert "data-refresh-seconds" in page

    def test_one_that_has_ended_is_proven(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        row = erased(acme, Erased.END_USER, "ada")
        page = browse(alice).page(address_of(row))
        assert "nothing was found" in page
        assert bytes(row.ids_digest).hex() in page
        assert row.target_digest in page
        assert "Entries of the audit trail name memories by their ids" in page
        assert "Memories</th>" in page
        assert ">2<" in page

    def test_it_is_listed(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        row = erased(acme, Erased.NAMESPACE, "people")
        page = browse(alice).page(LIST)
        assert address_of(row) in page
        assert "A namespace, with all below it" in page

    def test_anothers_is_not_there(self, browse: Browse, mallory: Person, acme: Tenant) -> None:
        row = erased(acme, Erased.END_USER, "ada")
        assert browse(mallory).get(address_of(row)).status_code == 404
        assert address_of(row) not in browse(mallory).page(LIST)

    def test_what_is_no_id_is_not_there(self, browse: Browse, alice: Person) -> None:
        assert browse(alice).get(f"{LIST}nothing/change/").status_code == 404
