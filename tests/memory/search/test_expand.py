from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from memory.access import Reach
from memory.intervals import EVERYTHING, NOTHING, Intervals, below, joined
from memory.models import Memory
from memory.search.expand import expand
from memory.search.fuse import Scored
from memory.search.scope import Scope, scope_of
from memory.search.types import SearchRequest
from tests.memory.search.rows import link, remember


def scope(readable: Intervals = EVERYTHING, **asked: object) -> Scope:
    return scope_of(Reach(readable, NOTHING), SearchRequest(**asked), timezone.now())  # type: ignore[arg-type]


def seeds(*memories: Memory, score: float = 1.0) -> list[Scored]:
    return [Scored(memory.id, score, ()) for memory in memories]


def named(found: object) -> list[tuple[str, float, str]]:
    contents = dict(Memory.objects.values_list("id", "content"))
    return [(contents[each.memory_id], each.strength, contents[each.via]) for each in found]  # type: ignore[attr-defined]


@pytest.fixture
def chain(acme: Tenant) -> dict[str, Memory]:
    """one -> two <- three -> four, and two -> away in another namespace."""
    with within(acme.id):
        made = {name: remember(acme, name) for name in ("one", "two", "three", "four")}
        made["away"] = remember(acme, "away", namespace="secret/")
        link(acme, made["one"], made["two"], weight=0.8)
        link(acme, made["three"], made["two"])
        link(acme, made["three"], made["four"])
        link(acme, made["two"], made["away"])
    return made


def test_it_goes_over_links_in_both_directions(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id):
        found = named(expand(scope(), seeds(chain["two"]), steps=1))
    assert sorted(found) == [("away", 0.5, "two"), ("one", 0.4, "two"), ("three", 0.5, "two")]


def test_it_goes_two_steps_and_not_back(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id):
        found = named(expand(scope(), seeds(chain["one"]), steps=2))
    assert found[0] == ("two", 0.4, "one")
    assert sorted(found[1:]) == [("away", 0.2, "two"), ("three", 0.2, "two")]


def test_it_takes_the_strongest_way(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id):
        link(acme, chain["one"], chain["two"], weight=0.2, type="mentions")
        found = named(expand(scope(), seeds(chain["one"]) + seeds(chain["three"], score=0.1), steps=2))
        (two,) = [each for each in found if each[0] == "two"]
    assert two == ("two", 0.4, "one")


def test_it_strengthens_what_was_found_already(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id):
        found = named(expand(scope(), seeds(chain["one"], chain["two"]), steps=1))
    assert ("two", 0.4, "one") in found
    assert ("one", 0.4, "two") in found


def test_it_goes_nowhere_that_the_caller_may_not_read_and_not_through_it(
    acme: Tenant, chain: dict[str, Memory]
) -> None:
    with within(acme.id):
        link(acme, chain["away"], chain["four"])
        home = joined([below("default/")])
        assert "away" not in [name for name, _, _ in named(expand(scope(home), seeds(chain["two"]), steps=2))]
        only_away = joined([below("secret/")])
        assert expand(scope(only_away), seeds(chain["one"]), steps=2) == ()


def test_it_keeps_to_what_was_asked_for(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id):
        chain["three"].tags = ["x"]
        chain["three"].save()
        found = named(expand(scope(tags=("x",)), seeds(chain["two"]), steps=1))
    assert found == [("three", 0.5, "two")]


def test_it_leaves_out_what_is_gone(acme: Tenant, chain: dict[str, Memory]) -> None:
    now = timezone.now()
    with within(acme.id):
        Memory.objects.filter(id=chain["one"].id).update(deleted_at=now)
        Memory.objects.filter(id=chain["three"].id).update(expires_at=now - timedelta(hours=1))
        found = named(expand(scope(), seeds(chain["two"]), steps=2))
    assert found == [("away", 0.5, "two")]


def test_it_asks_nothing_without_seeds(acme: Tenant) -> None:
    with within(acme.id), CaptureQueriesContext(connection) as queries:
        assert expand(scope(), [], steps=2) == ()
    assert len(queries) == 0


def test_it_costs_two_queries_a_step(acme: Tenant, chain: dict[str, Memory]) -> None:
    with within(acme.id), CaptureQueriesContext(connection) as queries:
        expand(scope(), seeds(chain["one"]), steps=2)
    assert len(queries) == 4
