from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.errors import LinkNotFound, MemoryNotFound
from memory.links.create import link
from memory.links.find import Direction, find_link, list_links
from memory.links.remove import unlink, unlink_between
from memory.models import Access, Memory, MemoryLink
from tests.memory.remembering import CURATOR, agent_caller, remember, rule

pytestmark = pytest.mark.django_db
Abc = dict[str, Memory]


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


@pytest.fixture
def abc(acme: Tenant) -> Abc:
    """a —about→ b —about→ c, c —caused_by→ a."""
    made = {name: remember(acme, name, namespace=name) for name in "abc"}
    with within(acme.id):
        for first, type_, second in (("a", "about", "b"), ("b", "about", "c"), ("c", "caused_by", "a")):
            link(by=CURATOR, from_id=made[first].id, to_id=made[second].id, type=type_)
    return made


def told(link: MemoryLink) -> str:
    return f"{link.from_memory.content}{link.to_memory.content}"


def listed(tenant: Tenant, by: Caller, memory_id: UUID | None = None, direction: Direction = "both") -> list[str]:
    with within(tenant.id):
        return [told(each) for each in list_links(by=by, memory_id=memory_id, direction=direction)]


def test_it_lists_the_newest_first(acme: Tenant, abc: Abc, by: Caller) -> None:
    assert listed(acme, by) == ["ca", "bc", "ab"]
    with within(acme.id):
        assert [told(each) for each in list_links(by=by, type="about")] == ["bc", "ab"]


@pytest.mark.parametrize(("direction", "found"), [("both", ["bc", "ab"]), ("out", ["bc"]), ("in", ["ab"])])
def test_it_lists_those_of_one_memory(
    acme: Tenant, abc: Abc, by: Caller, direction: Direction, found: list[str]
) -> None:
    assert listed(acme, by, abc["b"].id, direction) == found


def test_it_shows_no_link_with_an_end_that_is_not_there(acme: Tenant, abc: Abc, by: Caller) -> None:
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=abc["a"].id)
    assert listed(acme, by) == ["bc"]
    with within(acme.id):
        Memory.objects.filter(id=abc["c"].id).update(expires_at=timezone.now())
    assert listed(acme, by) == []


def test_it_shows_no_link_with_an_end_that_the_caller_may_not_read(acme: Tenant, abc: Abc, by: Caller) -> None:
    rule(acme, "c/", Access.NONE)
    assert listed(acme, by) == ["ab"]
    with within(acme.id):
        hidden = MemoryLink.objects.get(from_memory=abc["b"])
        with pytest.raises(MemoryNotFound):
            list_links(by=by, memory_id=abc["c"].id)
        for work in (find_link, unlink):
            with pytest.raises(LinkNotFound):
                work(by=by, link_id=hidden.id)
        assert MemoryLink.objects.count() == 3


def test_it_finds_one(acme: Tenant, abc: Abc, by: Caller) -> None:
    with within(acme.id):
        there = MemoryLink.objects.get(from_memory=abc["a"])
        assert find_link(by=by, link_id=there.id) == there
        with pytest.raises(LinkNotFound):
            find_link(by=by, link_id=uuid4())


def test_it_takes_two_statements(
    acme: Tenant, abc: Abc, by: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with within(acme.id), django_assert_num_queries(2):
        list(list_links(by=by))


# --- Unlinking ---


def test_it_removes_a_link(acme: Tenant, abc: Abc, by: Caller) -> None:
    with within(acme.id):
        there = MemoryLink.objects.get(from_memory=abc["a"])
        unlink(by=by, link_id=there.id)
        (entry,) = AuditEntry.objects.filter(action="memory.unlinked")
    assert (entry.subject, entry.detail) == (
        f"memory:{abc['a'].id}",
        {"link": str(there.id), "to": str(abc["b"].id), "type": "about"},
    )
    assert listed(acme, by) == ["ca", "bc"]
    with pytest.raises(LinkNotFound), within(acme.id):
        unlink(by=by, link_id=there.id)


def test_it_removes_the_link_between_two(acme: Tenant, abc: Abc, by: Caller) -> None:
    first, second = abc["a"].id, abc["b"].id
    with within(acme.id):
        for from_id, to_id, type_ in ((second, first, "about"), (first, second, "other")):
            with pytest.raises(LinkNotFound):
                unlink_between(by=by, from_id=from_id, to_id=to_id, type=type_)
        unlink_between(by=by, from_id=first, to_id=second, type="about")
    assert listed(acme, by) == ["ca", "bc"]


def test_it_needs_to_write_where_the_link_points_from(acme: Tenant, abc: Abc, by: Caller) -> None:
    rule(acme, "b/", Access.READ)
    with within(acme.id):
        unlink_between(by=by, from_id=abc["a"].id, to_id=abc["b"].id, type="about")
        with pytest.raises(Forbidden):
            unlink_between(by=by, from_id=abc["b"].id, to_id=abc["c"].id, type="about")
    assert listed(acme, by) == ["ca", "bc"]
