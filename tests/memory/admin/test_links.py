"""Links in the browser: what a memory is linked to, as a list and as a picture, made and taken away."""

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.admin.graph import GAP, MARGIN, MOST_NEAR, ROW, STEP, TEXT, Direct, graph_of
from memory.links.create import link
from memory.links.neighbours import neighbours
from memory.models import Memory, MemoryLink
from tests.browsing import Browse, address_of
from tests.cast import CASTING
from tests.memory.remembering import remember

pytestmark = pytest.mark.django_db


def linked(one: Memory, other: Memory, word: str = "about", *, weight: float = 1.0) -> MemoryLink:
    with within(one.tenant_id):
        return link(by=CASTING, from_id=one.id, to_id=other.id, type=word, weight=weight).link


def links(tenant: Tenant) -> list[MemoryLink]:
    with within(tenant.id):
        return list(MemoryLink.objects.all())


@pytest.fixture
def deal(acme: Tenant) -> Memory:
    return remember(acme, "The deal closes in May.")


@pytest.fixture
def person(acme: Tenant) -> Memory:
    return remember(acme, "Ada signs for them.")


class TestShown:
    def test_both_ends_show_it(self, browse: Browse, vera: Person, deal: Memory, person: Memory) -> None:
        linked(deal, person, "signed_by", weight=0.5)
        there, back = browse(vera).page(address_of(deal)), browse(vera).page(address_of(person))
        assert 'this</span> <code>signed_by</code> <span class="qm-subtle">that' in there
        assert 'that</span> <code>signed_by</code> <span class="qm-subtle">this' in back
        assert address_of(person) in there
        assert "0.5" in there

    def test_one_alone_says_so(self, browse: Browse, vera: Person, deal: Memory) -> None:
        page = browse(vera).page(address_of(deal))
        assert "It is linked to nothing." in page
        assert '<svg class="qm-graph"' not in page

    def test_the_picture_goes_two_links_far(self, acme: Tenant, deal: Memory, person: Memory) -> None:
        far = remember(acme, "Ada lives in Turin.")
        linked(deal, person, weight=0.5)
        linked(person, far)
        with within(acme.id):
            found = neighbours(by=CASTING, memory_id=deal.id, hops=2)
        graph = graph_of(found, {person.id: Direct("signed_by", is_out=True)})
        assert graph is not None
        assert [(node.told, node.is_near, node.x) for node in graph.nodes] == [
            ("Ada signs for them.", True, MARGIN + GAP),
            ("Ada lives in Turin.", False, MARGIN + GAP + TEXT + STEP),
        ]
        assert [(edge.word, edge.width) for edge in graph.edges] == [("signed_by", 1.75), ("", 1.75)]
        assert graph.told == "Linked to 1 memory, and over them to 1 memory."

    def test_what_points_to_it_stands_on_its_left(self, acme: Tenant, deal: Memory, person: Memory) -> None:
        linked(person, deal)
        linked(deal, remember(acme, "other"))
        with within(acme.id):
            found = neighbours(by=CASTING, memory_id=deal.id)
        other = next(each.memory.id for each in found if each.memory.id != person.id)
        graph = graph_of(found, {person.id: Direct("about", is_out=False), other: Direct("about", is_out=True)})
        assert graph is not None
        assert {node.told: node.x < graph.x for node in graph.nodes} == {"Ada signs for them.": True, "other": False}

    def test_the_picture_has_no_more_than_one_can_read(self, acme: Tenant, deal: Memory) -> None:
        for number in range(MOST_NEAR + 3):
            linked(deal, remember(acme, f"memory {number}"))
        with within(acme.id):
            found = neighbours(by=CASTING, memory_id=deal.id, hops=2)
        graph = graph_of(found, {each.memory.id: Direct("about", is_out=True) for each in found})
        assert graph is not None
        assert (len(graph.nodes), graph.height) == (MOST_NEAR, MOST_NEAR * ROW + MARGIN)


class TestMaking:
    def test_it_is_made_by_id_or_address(
        self, browse: Browse, bob: Person, acme: Tenant, deal: Memory, person: Memory
    ) -> None:
        fields = {"type": "signed_by", "weight": "0.5", "metadata": '{"page": 3}'}
        to = f"https://quartermaster.example{address_of(person)}"
        assert "They are linked." in browse(bob).done(address_of(deal, "link"), {**fields, "to": to})
        (made,) = links(acme)
        assert (made.from_memory_id, made.to_memory_id, made.type) == (deal.id, person.id, "signed_by")
        assert (made.weight, made.metadata, made.created_by) == (0.5, {"page": 3}, f"person:{bob.pk}")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"to": "the other one"}, "This is no memory's id."),
            ({"to": "00000000-0000-4000-8000-000000000000"}, "There is no such memory, or it was deleted."),
            ({"type": "Signed by"}, "small letters"),
            ({"weight": "2"}, "Give a number from 0.000001 to 1."),
        ],
    )
    def test_a_fault_stands_beside_its_field_and_nothing_is_made(
        self,
        browse: Browse,
        bob: Person,
        acme: Tenant,
        deal: Memory,
        person: Memory,
        fields: dict[str, str],
        said: str,
    ) -> None:
        usual = {"to": str(person.id), "type": "about", "weight": "1"}
        assert said in browse(bob).refused(address_of(deal, "link"), usual | fields)
        assert links(acme) == []

    def test_anothers_memory_cannot_be_linked(
        self, browse: Browse, bob: Person, acme: Tenant, globex: Tenant, deal: Memory
    ) -> None:
        fields = {"to": str(remember(globex, "theirs").id), "type": "about", "weight": "1"}
        assert "There is no such memory" in browse(bob).refused(address_of(deal, "link"), fields)
        assert links(acme) == links(globex) == []


class TestRemoving:
    def test_it_is_removed(self, browse: Browse, bob: Person, acme: Tenant, deal: Memory, person: Memory) -> None:
        made = linked(deal, person)
        asked = browse(bob).page(address_of(deal, "unlink"), {"link": str(made.id)})
        assert "Both memories stay" in asked
        assert "The link is removed." in browse(bob).done(address_of(deal, "unlink"), {"link": str(made.id)})
        assert links(acme) == []

    @pytest.mark.parametrize("query", [{}, {"link": "nothing"}, {"link": "00000000-0000-4000-8000-000000000000"}])
    def test_one_that_is_gone_is_not_there(
        self, browse: Browse, bob: Person, deal: Memory, query: dict[str, str]
    ) -> None:
        assert browse(bob).get(address_of(deal, "unlink"), query).status_code == 404
