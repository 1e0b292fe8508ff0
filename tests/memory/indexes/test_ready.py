"""Whether a model may take over, as far as its indexes go."""

from uuid import UUID

import pytest

from memory.embedding.active import ensure_model
from memory.embedding.switch import _conditions
from memory.indexes.facts import Facts, Known, Owner
from memory.indexes.ready import are_ready, awaited
from memory.models import IndexState, ModelState

OLD, NEW = 1, 2
ACME, GLOBEX = UUID(int=1), UUID(int=2)
MANY, FEW = 30_000, 100


def facts(*, of_new: int = MANY, **states: IndexState) -> Facts:
    """Of acme, which has many vectors, and globex, which has few: the states of acme's indexes, by `old` and `new`."""
    owners: dict[str, Owner] = {"old": (OLD, ACME), "new": (NEW, ACME)}
    return Facts(
        models={OLD: ModelState.ACTIVE, NEW: ModelState.BUILDING},
        vectors={(OLD, ACME): MANY, (NEW, ACME): of_new, (OLD, GLOBEX): FEW, (NEW, GLOBEX): FEW},
        known={owners[name]: Known(state=state, rows=MANY) for name, state in states.items()},
        found={},
    )


def test_it_waits_for_what_the_active_model_has() -> None:
    assert awaited(NEW, facts(old=IndexState.READY)) == [(NEW, ACME)]
    assert awaited(NEW, facts(old=IndexState.READY, new=IndexState.BUILDING)) == [(NEW, ACME)]
    assert awaited(NEW, facts(old=IndexState.READY, new=IndexState.READY)) == []


def test_it_waits_for_none_that_the_active_model_does_not_have() -> None:
    assert awaited(NEW, facts()) == []
    assert awaited(NEW, facts(old=IndexState.FAILED)) == []


def test_it_waits_for_none_that_it_shall_not_have() -> None:
    assert awaited(NEW, facts(of_new=FEW, old=IndexState.READY)) == []


@pytest.mark.django_db
def test_without_indexes_it_is_ready() -> None:
    assert are_ready(ensure_model())


def test_it_is_asked_before_a_model_takes_over() -> None:
    assert are_ready in _conditions
