from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.caller import Caller
from accounts.errors import Invalid
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.errors import MemoryNotFound
from memory.limits import LEAST_LINK_WEIGHT
from memory.links import neighbours as walking
from memory.links.create import link
from memory.links.neighbours import neighbours
from memory.models import Access, Memory, MemoryLink
from tests.memory.remembering import CURATOR, agent_caller, remember, rule

pytestmark = pytest.mark.django_db
Names = dict[str, Memory]


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


@pytest.fixture
def names(acme: Tenant) -> Names:
    return {name: remember(acme, name, namespace=name) for name in "abcde"}


def join(names: Names, first: str, second: str, weight: float = 1.0, type_: str = "about") -> None:
    with within(names[first].tenant_id):
        link(by=CURATOR, from_id=names[first].id, to_id=names[second].id, type=type_, weight=weight)


def near(names: Names, start: str, by: Any = CURATOR, **how: Any) -> list[tuple[str, int, float, str]]:
    """Name, hops, weight, and the names on the way."""
    called = {memory.id: name for name, memory in names.items()}
    with within(names[start].tenant_id):
        found = neighbours(by=by, memory_id=names[start].id, **how)
    return [
        (each.memory.content, each.hops, round(each.weight, 6), "".join(called[id_] for id_ in each.path))
        for each in found
    ]


def test_it_goes_as_far_as_it_is_told(names: Names, by: Caller) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")):
        join(names, first, second, 0.5)
    ways = [("b", 1, 0.5, "ab"), ("c", 2, 0.25, "abc"), ("d", 3, 0.125, "abcd")]
    assert [near(names, "a", by, hops=hops) for hops in (1, 2, 3)] == [ways[:1], ways[:2], ways]


def test_the_weakest_links_that_there_are_lead_on(names: Names) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("c", "d")):
        join(names, first, second, LEAST_LINK_WEIGHT)
    assert [each[:2] for each in near(names, "a", hops=3)] == [("b", 1), ("c", 2), ("d", 3)]


@pytest.mark.parametrize(("direction", "found"), [("out", ["b"]), ("in", ["c"]), ("both", ["b", "c"])])
def test_it_goes_with_the_links_or_against_them(names: Names, direction: str, found: list[str]) -> None:
    join(names, "a", "b")
    join(names, "c", "a", 0.9)
    assert [name for name, *_ in near(names, "a", direction=direction)] == found


def test_it_goes_over_links_of_the_types_that_are_named(names: Names) -> None:
    join(names, "a", "b", type_="about")
    join(names, "a", "c", type_="caused_by")
    join(names, "a", "d", type_="other")
    assert sorted(name for name, *_ in near(names, "a", types=["about", "caused_by"])) == ["b", "c"]


def test_it_takes_the_best_way_not_the_shortest(names: Names) -> None:
    join(names, "a", "c", 0.1)
    join(names, "a", "b", 0.9)
    join(names, "b", "c", 0.9)
    assert near(names, "a", hops=2) == [("b", 1, 0.9, "ab"), ("c", 2, 0.81, "abc")]
    assert near(names, "a", hops=1) == [("b", 1, 0.9, "ab"), ("c", 1, 0.1, "ac")]


def test_of_two_ways_that_are_as_good_it_takes_the_shorter(names: Names) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("a", "c")):
        join(names, first, second)
    assert near(names, "a", hops=3) == [("b", 1, 1.0, "ab"), ("c", 1, 1.0, "ac")]


def test_it_comes_through_circles(names: Names) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")):
        join(names, first, second, 0.5)
    assert near(names, "a", hops=3) == [("b", 1, 0.5, "ab"), ("c", 1, 0.5, "ac")]
    assert near(names, "e", hops=3) == []


def test_it_answers_with_the_best_of_many(names: Names) -> None:
    for name, weight in (("b", 0.2), ("c", 0.9), ("d", 0.5)):
        join(names, "a", name, weight)
    assert [name for name, *_ in near(names, "a", limit=2)] == ["c", "d"]


def test_no_way_leads_over_what_is_not_there(acme: Tenant, names: Names) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("a", "d"), ("d", "e")):
        join(names, first, second)
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=names["b"].id)
        Memory.objects.filter(id=names["d"].id).update(expires_at=timezone.now())
    assert near(names, "a", hops=3) == []


def test_no_way_leads_over_what_the_caller_may_not_read(acme: Tenant, names: Names, by: Caller) -> None:
    for first, second in (("a", "b"), ("b", "c"), ("a", "d")):
        join(names, first, second)
    rule(acme, "b/", Access.NONE)
    assert near(names, "a", by, hops=3) == [("d", 1, 1.0, "ad")]
    assert len(near(names, "a", hops=3)) == 3
    with pytest.raises(MemoryNotFound):
        near(names, "b", by)
    rule(acme, "", Access.NONE)
    rule(acme, "a/", Access.READ)
    assert near(names, "a", by, hops=3) == []


@pytest.mark.parametrize("how", [{"hops": 0}, {"hops": 4}, {"limit": 0}, {"limit": 201}, {"direction": "up"}])
def test_it_refuses_what_it_does_not_do(names: Names, how: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        near(names, "a", **how)
    assert [fault.path for fault in refused.value.faults] == list(how)


def test_it_goes_on_from_the_best_only_where_there_are_very_many(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_WALKED", 1)
    for first, second, weight in (("a", "b", 0.5), ("a", "c", 0.9), ("b", "d", 1.0), ("c", "e", 0.1)):
        join(names, first, second, weight)
    assert [name for name, *_ in near(names, "a", hops=2)] == ["c", "e"]


def test_it_takes_four_statements(
    acme: Tenant, names: Names, by: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Rules, where it begins, the walk, the memories."""
    join(names, "a", "b")
    with within(acme.id), django_assert_num_queries(4):
        neighbours(by=by, memory_id=names["a"].id, hops=3)


EDGES = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")).filter(lambda ends: ends[0] != ends[1]),
    st.sampled_from([0.25, 0.5, 1.0]),
    max_size=12,
)


def ways(edges: dict[tuple[str, str], float], start: str, hops: int) -> Iterator[tuple[str, float, int]]:
    """Every way along the links and back, with its weight and length."""
    todo = [(start, 1.0, 0)]
    while todo:
        name, weight, length = todo.pop()
        if length:
            yield name, weight, length
        if length < hops:
            todo += [
                (second if name == first else first, weight * own, length + 1)
                for (first, second), own in edges.items()
                if name in {first, second}
            ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES, hops=st.integers(1, 3))
def test_it_finds_what_somebody_finds_who_walks_every_way(
    names: Names, edges: dict[tuple[str, str], float], hops: int
) -> None:
    with within(names["a"].tenant_id):
        MemoryLink.objects.all().delete()
    for (first, second), weight in edges.items():
        join(names, first, second, weight)
    best: dict[str, tuple[float, int]] = {}
    for name, weight, length in ways(edges, "a", hops):
        if name != "a":
            best[name] = max(best.get(name, (0.0, 0)), (weight, -length))
    assert {name: (weight, -far) for name, far, weight, _ in near(names, "a", hops=hops)} == best
