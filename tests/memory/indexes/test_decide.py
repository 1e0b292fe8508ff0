from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from memory.indexes import decide as deciding
from memory.indexes.decide import Adopt, Await, Build, Clear, Note, Rebuild, Remove, Step, decide
from memory.indexes.facts import Facts, Found, Known, name_of
from memory.models import IndexState, ModelState

ACTIVE, OTHER = 1, 2
ACME, GLOBEX = UUID(int=1), UUID(int=2)
READY = Known(IndexState.READY, rows=30_000, rows_built=30_000, bytes_built=30_000_000)
WHOLE = Found(is_valid=True, bytes=30_000_000)
BROKEN = Found(is_valid=False, bytes=1_000_000)
NOW = timedelta(0)


def facts(
    vectors: Mapping[tuple[int, UUID], int],
    known: Mapping[Any, Known] | None = None,
    found: dict[str, Found] | None = None,
    models: dict[int, ModelState] | None = None,
) -> Facts:
    return Facts(models or {ACTIVE: ModelState.ACTIVE}, vectors, known or {}, found or {})


def steps_for(
    rows: int, known: Known | None = None, found: Found | None = None, owner: tuple[int, UUID] = (ACTIVE, ACME)
) -> list[Step]:
    """What is done for one tenant that has so many vectors."""
    return decide(facts({owner: rows}, {owner: known} if known else {}, {name_of(owner): found} if found else {}))


OWN = (ACTIVE, ACME)
NAME = name_of(OWN)


def test_its_name_says_the_model_and_the_tenant() -> None:
    assert NAME == "memory_vector_1_00000000000000000000000000000001"
    assert name_of((ACTIVE, None)) == "memory_vector_1_shared"
    # PostgreSQL adds `_ccnew` where it builds one anew.
    assert len(name_of((10**9 - 1, uuid4()))) + len("_ccnew") < 63


def test_a_tenant_with_few_vectors_needs_none() -> None:
    assert steps_for(24_999) == []


def test_one_is_wanted_from_the_threshold_on() -> None:
    assert steps_for(25_000) == [Await(OWN, 25_000)]


def test_it_is_built_when_the_number_stands_still() -> None:
    assert steps_for(33_000, Known(IndexState.WAITING, rows=30_000)) == [Build(OWN, 33_000)]


def test_it_waits_while_the_number_grows() -> None:
    assert steps_for(33_001, Known(IndexState.WAITING, rows=30_000)) == [Await(OWN, 33_001)]


def test_it_is_built_after_a_while_though_the_number_grows() -> None:
    waiting = Known(IndexState.WAITING, rows=30_000, age=timedelta(minutes=10))
    assert steps_for(900_000, waiting) == [Build(OWN, 900_000)]


def test_a_ready_one_is_left_alone_but_for_its_number() -> None:
    assert steps_for(31_000, READY, WHOLE) == [Note(OWN, 31_000, 30_000_000)]


@pytest.mark.parametrize(("rows", "kept"), [(15_000, True), (14_999, False)])
def test_one_that_is_there_stays_until_there_are_clearly_fewer(rows: int, kept: bool) -> None:
    small = Known(IndexState.READY, rows=rows, rows_built=rows, bytes_built=WHOLE.bytes)
    expected: Step = Note(OWN, rows, WHOLE.bytes) if kept else Remove(NAME)
    assert steps_for(rows, small, WHOLE) == [expected]


def test_a_tenant_between_the_thresholds_that_has_none_gets_none() -> None:
    assert steps_for(20_000) == []


def test_one_that_waits_is_forgotten_when_its_vectors_went() -> None:
    assert steps_for(14_999, Known(IndexState.WAITING, rows=30_000)) == [Remove(NAME)]


@pytest.mark.parametrize("state", [IndexState.BUILDING, IndexState.WAITING, IndexState.FAILED, IndexState.DROPPING])
def test_what_is_whole_is_used_whatever_was_written_about_it(state: IndexState) -> None:
    assert steps_for(30_000, Known(state, rows=30_000), WHOLE) == [Adopt(OWN, 30_000, WHOLE.bytes)]


def test_what_is_whole_and_unknown_is_used() -> None:
    assert steps_for(30_000, None, WHOLE) == [Adopt(OWN, 30_000, WHOLE.bytes)]


@pytest.mark.parametrize("state", list(IndexState))
def test_what_a_killed_building_left_is_cleared_away(state: IndexState) -> None:
    assert steps_for(30_000, Known(state, rows=30_000), BROKEN) == [Clear(NAME)]


def test_a_building_of_which_there_is_nothing_begins_again() -> None:
    assert steps_for(30_000, Known(IndexState.BUILDING, rows=30_000)) == [Build(OWN, 30_000)]


@pytest.mark.parametrize("state", [IndexState.READY, IndexState.DROPPING])
def test_one_that_somebody_dropped_is_wanted_again(state: IndexState) -> None:
    assert steps_for(30_000, Known(state, rows=30_000)) == [Await(OWN, 30_000)]


@pytest.mark.parametrize(
    ("attempts", "rest"),
    [(1, timedelta(minutes=1)), (2, timedelta(minutes=2)), (4, timedelta(minutes=8)), (99, timedelta(hours=6))],
)
def test_a_failed_one_is_tried_again_after_a_pause_that_grows(attempts: int, rest: timedelta) -> None:
    failed = Known(IndexState.FAILED, rows=30_000, attempts=attempts, tried=rest)
    assert steps_for(30_000, failed) == [Build(OWN, 30_000)]
    too_soon = Known(IndexState.FAILED, rows=30_000, attempts=attempts, tried=rest - timedelta(seconds=1))
    assert steps_for(30_000, too_soon) == []


def test_one_that_holds_much_that_was_deleted_is_built_anew() -> None:
    assert steps_for(20_000, READY, WHOLE) == [Note(OWN, 20_000, WHOLE.bytes)]
    assert steps_for(19_999, READY, WHOLE) == [Note(OWN, 19_999, WHOLE.bytes), Rebuild(OWN, 19_999)]


def test_one_that_outgrew_its_building_is_built_anew_once_its_number_stands_still() -> None:
    large = Found(is_valid=True, bytes=130_000_000)
    assert steps_for(130_000, READY, large) == [Note(OWN, 130_000, large.bytes)]
    grown = Known(IndexState.READY, rows=125_000, rows_built=30_000, bytes_built=30_000_000)
    assert steps_for(130_000, grown, large) == [Note(OWN, 130_000, large.bytes), Rebuild(OWN, 130_000)]


def test_a_rebuilding_that_failed_rests_too() -> None:
    failed = Known(IndexState.READY, 30_000, 30_000, 30_000_000, attempts=1, tried=timedelta(seconds=59))
    assert steps_for(19_999, failed, WHOLE) == [Note(OWN, 19_999, WHOLE.bytes)]


def test_what_nobody_knows_is_removed() -> None:
    found = {f"{NAME}_ccnew": BROKEN, "memory_vector_7_shared": WHOLE}
    assert decide(facts({}, {}, found)) == [
        Remove("memory_vector_1_00000000000000000000000000000001_ccnew"),
        Remove("memory_vector_7_shared"),
    ]


def test_a_retired_models_indexes_go() -> None:
    models = {ACTIVE: ModelState.ACTIVE, OTHER: ModelState.RETIRED}
    old = (OTHER, ACME)
    assert decide(facts({old: 900_000}, {old: READY}, {name_of(old): WHOLE}, models)) == [Remove(name_of(old))]


def test_vectors_of_two_models_are_never_added_up() -> None:
    models = {ACTIVE: ModelState.ACTIVE, OTHER: ModelState.BUILDING}
    assert decide(facts({(ACTIVE, ACME): 20_000, (OTHER, ACME): 20_000}, models=models)) == []


def test_vectors_of_two_tenants_are_never_added_up() -> None:
    assert decide(facts({(ACTIVE, ACME): 24_000, (ACTIVE, GLOBEX): 24_000})) == []


def test_a_model_in_preparation_gets_its_index_when_it_is_nearly_complete() -> None:
    models = {ACTIVE: ModelState.ACTIVE, OTHER: ModelState.BUILDING}

    def wanted(rows: int) -> list[Step]:
        vectors = {(ACTIVE, ACME): 100_000, (OTHER, ACME): rows}
        known, found = {OWN: READY}, {NAME: Found(is_valid=True, bytes=100_000_000)}
        return [step for step in decide(facts(vectors, known, found, models)) if isinstance(step, Await)]

    assert wanted(94_999) == []
    assert wanted(95_000) == [Await((OTHER, ACME), 95_000)]


def test_the_first_model_waits_for_no_other() -> None:
    assert decide(facts({OWN: 25_000}, models={ACTIVE: ModelState.BUILDING})) == [Await(OWN, 25_000)]


def test_the_largest_tenant_of_the_active_model_comes_first() -> None:
    models = {ACTIVE: ModelState.ACTIVE, OTHER: ModelState.BUILDING}
    vectors = {(OTHER, ACME): 900_000, (ACTIVE, ACME): 50_000, (ACTIVE, GLOBEX): 90_000}
    waiting = {owner: Known(IndexState.WAITING, rows=rows) for owner, rows in vectors.items()}
    assert decide(facts(vectors, waiting, models=models)) == [
        Build((ACTIVE, GLOBEX), 90_000),
        Build((ACTIVE, ACME), 50_000),
        Build((OTHER, ACME), 900_000),
    ]


def test_what_gives_room_comes_before_what_takes_it() -> None:
    vectors = {OWN: 30_000, (ACTIVE, GLOBEX): 10_000}
    known = {OWN: Known(IndexState.WAITING, rows=30_000), (ACTIVE, GLOBEX): READY}
    found = {name_of((ACTIVE, GLOBEX)): WHOLE}
    assert decide(facts(vectors, known, found)) == [Remove(name_of((ACTIVE, GLOBEX))), Build(OWN, 30_000)]


@pytest.fixture
def two_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "MOST_OWN", 2)


@pytest.mark.usefixtures("two_at_most")
def test_while_each_has_its_own_there_is_no_shared_one() -> None:
    steps = decide(facts({OWN: 30_000, (ACTIVE, GLOBEX): 970_000}))
    assert steps == [Await((ACTIVE, GLOBEX), 970_000), Await(OWN, 30_000)]


@pytest.mark.usefixtures("two_at_most")
def test_where_more_want_one_than_there_may_be_the_largest_get_theirs_and_all_a_shared_one() -> None:
    vectors = {(ACTIVE, UUID(int=number)): 20_000 + 10_000 * number for number in (1, 2, 3)}
    assert decide(facts({**vectors, (ACTIVE, UUID(int=9)): 5})) == [
        Await((ACTIVE, UUID(int=3)), 50_000),
        Await((ACTIVE, UUID(int=2)), 40_000),
        Await((ACTIVE, None), 120_005),
    ]


@pytest.mark.usefixtures("two_at_most")
def test_who_has_one_keeps_it_though_another_is_larger() -> None:
    vectors = {(ACTIVE, UUID(int=number)): 20_000 + 10_000 * number for number in (1, 2, 3)}
    smallest = (ACTIVE, UUID(int=1))
    steps = decide(facts(vectors, {smallest: READY}, {name_of(smallest): WHOLE}))
    assert Note(smallest, 30_000, WHOLE.bytes) in steps
    assert [step.owner[1] for step in steps if isinstance(step, Await)] == [UUID(int=3), None]


@pytest.mark.usefixtures("two_at_most")
def test_the_shared_one_goes_when_each_has_its_own_again() -> None:
    shared = (ACTIVE, None)
    steps = decide(facts({OWN: 30_000}, {shared: READY, OWN: READY}, {name_of(shared): WHOLE, NAME: WHOLE}))
    assert steps == [Note(OWN, 30_000, WHOLE.bytes), Remove(name_of(shared))]
