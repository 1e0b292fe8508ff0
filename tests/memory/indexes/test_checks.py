import pytest
from django.db import DatabaseError

from accounts.models import Tenant
from memory.indexes import checks
from memory.indexes.checks import check_indexes
from memory.models import IndexState, VectorIndex
from tests.memory.vectors import make_many, make_model

pytestmark = [pytest.mark.django_db(databases=["default", "owner"]), pytest.mark.usefixtures("small")]


def ids() -> list[str | None]:
    return [message.id for message in check_indexes(databases=["default"])]


def test_it_has_nothing_to_say_at_first() -> None:
    assert ids() == []


def test_it_says_when_indexes_are_wanted_that_this_process_may_not_build(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_many(acme, make_model(), 200)
    assert ids() == []
    monkeypatch.setattr(checks, "may_build", lambda: False)
    assert ids() == ["memory.W005"]


def test_it_says_why_an_index_was_not_built(acme: Tenant) -> None:
    model = make_model()
    make_many(acme, model, 200)
    VectorIndex.objects.create(
        name="some", model=model, tenant=acme, state=IndexState.FAILED, attempts=2, detail="no space left"
    )
    (message,) = check_indexes(databases=["default"])
    assert (message.id, message.msg) == ("memory.W006", "The index some could not be built 2 times: no space left")


def test_it_asks_only_when_the_database_is_asked_about() -> None:
    assert check_indexes(databases=["owner"]) == []
    assert check_indexes() == []


def test_it_leaves_it_to_another_check_that_there_is_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError

    monkeypatch.setattr(checks, "look", fail)
    assert ids() == []
