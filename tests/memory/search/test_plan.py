import pytest

from memory.indexes.counts import Weight
from memory.indexes.known import IndexFacts, Usable
from memory.search.plan import ALL, NOTHING, Plan, is_small, plan_for
from memory.search.types import Route

NONE = Usable(own=None, shared=None)
MILLION = 1_000_000


def plan(scope: int, *, own: int = 0, shared: int = 0, is_narrowed: bool = False) -> Plan:
    usable = Usable(
        own=IndexFacts("own_index", own) if own else None, shared=IndexFacts("shared_index", shared) if shared else None
    )
    return plan_for(weight=Weight(scope), usable=usable, is_narrowed=is_narrowed)


def test_it_looks_at_nothing_where_there_is_nothing() -> None:
    assert plan(0, own=MILLION, shared=MILLION) == NOTHING


@pytest.mark.parametrize("scope", [1, 20_000])
def test_it_compares_few_one_by_one_whatever_index_there_is(scope: int) -> None:
    assert plan(scope, own=MILLION, shared=MILLION) == Plan(Route.EXACT, most=40_000, then=ALL)
    assert is_small(Weight(scope))


def test_it_takes_the_tenant_s_own_index_for_many() -> None:
    assert plan(20_001, own=20_001) == Plan(Route.ANN, index="own", ef=300)
    assert not is_small(Weight(20_001))


def test_it_prefers_the_tenant_s_own_to_the_one_of_all() -> None:
    assert plan(MILLION, own=MILLION, shared=MILLION).index == "own"


def test_it_takes_the_index_of_all_where_half_of_it_is_looked_in() -> None:
    assert plan(500_000, shared=MILLION) == Plan(Route.ANN, index="shared", ef=600)
    assert plan(499_999, shared=MILLION) == ALL


def test_it_takes_the_own_index_for_a_tenth_of_it() -> None:
    assert plan(100_000, own=MILLION) == Plan(Route.ANN, index="own", ef=1_000)
    assert plan(99_999, own=MILLION) == ALL


@pytest.mark.parametrize(("scope", "ef"), [(MILLION, 300), (500_000, 600), (400_000, 750), (150_000, 1_000)])
def test_it_keeps_more_candidates_the_less_of_them_may_be_found(scope: int, ef: int) -> None:
    assert plan(scope, own=MILLION).ef == ef


def test_it_compares_many_one_by_one_where_there_is_no_index() -> None:
    assert plan_for(weight=Weight(MILLION), usable=NONE, is_narrowed=False) == ALL
    assert ALL.is_large


def test_it_first_tries_to_compare_what_conditions_leave() -> None:
    narrowed = plan(MILLION, own=MILLION, is_narrowed=True)
    assert narrowed == Plan(Route.EXACT, most=40_000, then=Plan(Route.ANN, index="own", ef=1_000))
    assert not narrowed.is_large


def test_it_goes_on_without_an_index_when_conditions_leave_many() -> None:
    assert plan(50_000, own=MILLION, is_narrowed=True) == Plan(Route.EXACT, most=40_000, then=ALL)


def test_it_takes_an_index_whose_rows_were_not_counted_yet() -> None:
    usable = Usable(own=IndexFacts("own_index", 0), shared=None)
    assert plan_for(weight=Weight(30_000), usable=usable, is_narrowed=False).ef == 300
