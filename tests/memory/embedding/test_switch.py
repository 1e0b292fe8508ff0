"""The moment at which another model takes over."""

import asyncio
import threading

import pytest

from accounts.caller import System
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from memory.embedding import active, switch
from memory.embedding.active import active_model, ensure_model, models_to_write
from memory.embedding.models import begin_reembedding, cancel_reembedding
from memory.embedding.pending import embed_pending
from memory.embedding.switch import switch_only_when, switch_when_complete
from memory.embedding.walk import walk
from memory.errors import ModelsBusy
from memory.models import EmbeddingModel, MemoryEmbedding
from tests.locks import in_another_connection
from tests.memory.embedding.rows import FakeEmbedder, Shelf, all_rows, remember
from tests.memory.embedding.test_active import a_write
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("tests")


@pytest.fixture(autouse=True)
def conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "_conditions", [])


@pytest.fixture
def second(shelf: Shelf) -> FakeEmbedder:
    """The model that is being built from the moment on in which a test asks for it."""
    ensure_model()
    made = FakeEmbedder("fake-2", 4)
    shelf.choose(made)
    begin_reembedding(by=BY)
    return made


def states() -> dict[str, str]:
    return dict(EmbeddingModel.objects.values_list("name", "state"))


BUILDING = {"fake-1": "active", "fake-2": "building"}
SWITCHED = {"fake-1": "retired", "fake-2": "active"}


def make_all() -> None:
    asyncio.run(embed_pending(30))


@pytest.fixture
def remembered(acme: Tenant, shelf: Shelf) -> None:
    for text in ("one", "two"):
        remember(acme, text)
    make_all()


@pytest.mark.usefixtures("remembered")
def test_it_switches_when_all_have_their_vector(second: FakeEmbedder) -> None:
    assert not switch_when_complete()
    assert states() == BUILDING
    asyncio.run(walk(30))
    assert switch_when_complete()
    assert states() == SWITCHED
    now_active = active_model()
    assert now_active is not None
    assert now_active.activated_at is not None
    assert now_active.lease_until is None
    assert EmbeddingModel.objects.get(name="fake-1").retired_at is not None
    assert [each.name for each in models_to_write()] == ["fake-2"]
    with platform():
        (entry,) = AuditEntry.objects.filter(action="embedding_model.activated")
    assert (entry.tenant_id, entry.actor, entry.detail) == (
        None,
        "system:schedule",
        {"name": "fake-2", "before": ["fake-1"]},
    )


def test_without_memories_it_switches_at_once(second: FakeEmbedder) -> None:
    assert switch_when_complete()
    assert states() == SWITCHED


def test_without_a_model_that_is_built_there_is_nothing_to_switch_to(shelf: Shelf) -> None:
    ensure_model()
    assert not switch_when_complete()
    assert states() == {"fake-1": "active"}


@pytest.mark.usefixtures("remembered")
def test_what_can_be_found_now_has_to_be_found_then(
    acme: Tenant, second: FakeEmbedder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "HELD_SECONDS", 0.05)
    asyncio.run(walk(30))
    shelf.embedders.remove(second)
    remember(acme, "three")
    make_all()
    assert not switch_when_complete(), "The active model has the vector, the other has not."
    assert states() == BUILDING
    shelf.embedders.append(second)
    make_all()
    assert switch_when_complete()


@pytest.mark.usefixtures("remembered")
def test_what_nobody_can_find_yet_is_not_waited_for(acme: Tenant, second: FakeEmbedder) -> None:
    asyncio.run(walk(30))
    remember(acme, "three")
    assert switch_when_complete()
    make_all()
    assert {(row.model.name, row.status) for row in all_rows() if row.memory.content == "three"} == {
        ("fake-1", "pending"),
        ("fake-2", "ready"),
    }


@pytest.mark.usefixtures("remembered")
def test_a_text_that_has_failed_is_not_waited_for(second: FakeEmbedder) -> None:
    asyncio.run(walk(30))
    with platform():
        MemoryEmbedding.objects.filter(model__name="fake-2", memory__content="one").update(
            status="failed", vector=None, due_at=None
        )
    assert switch_when_complete()


@pytest.mark.usefixtures("remembered")
def test_it_waits_for_the_last_vectors_of_writes_that_have_ended(
    acme: Tenant, second: FakeEmbedder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "HELD_SECONDS", 30)
    asyncio.run(walk(30))
    shelf.embedders.remove(second)
    remember(acme, "three")
    make_all()
    shelf.embedders.append(second)
    switched: list[bool] = []
    thread = threading.Thread(target=in_another_connection, args=(lambda: switched.append(switch_when_complete()),))
    thread.start()
    make_all()
    thread.join(30)
    assert switched == [True]


@pytest.mark.usefixtures("remembered")
def test_far_too_many_missing_hold_up_no_write(
    acme: Tenant, second: FakeEmbedder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "FEW", 1)
    monkeypatch.setattr(switch, "changing_models", None)
    asyncio.run(walk(30))
    shelf.embedders.remove(second)
    remember(acme, "three")
    make_all()
    assert not switch_when_complete()


@pytest.mark.usefixtures("remembered")
def test_it_waits_for_whatever_else_has_to_be_there(second: FakeEmbedder) -> None:
    asyncio.run(walk(30))
    asked: list[str] = []
    is_ready = [False]

    def indexes_are_there(model: EmbeddingModel) -> bool:
        asked.append(model.name)
        return is_ready[0]

    switch_only_when(indexes_are_there)
    assert not switch_when_complete()
    assert states() == BUILDING
    is_ready[0] = True
    assert switch_when_complete()
    assert asked == ["fake-2", "fake-2"]


@pytest.mark.usefixtures("remembered")
def test_it_gives_up_while_a_long_write_runs(second: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active, "WRITES_WAIT", "50ms")
    asyncio.run(walk(30))
    with a_write(), pytest.raises(ModelsBusy):
        switch_when_complete()
    assert states() == BUILDING
    assert switch_when_complete()


@pytest.mark.usefixtures("remembered")
def test_what_was_cancelled_a_moment_ago_does_not_take_over(second: FakeEmbedder) -> None:
    asyncio.run(walk(30))

    def cancels(model: EmbeddingModel) -> bool:
        cancel_reembedding(by=BY, name=model.name)
        return True

    switch_only_when(cancels)
    assert not switch_when_complete()
    assert states() == {"fake-1": "active", "fake-2": "retired"}


@pytest.mark.usefixtures("remembered")
def test_a_search_never_sees_vectors_of_two_models(acme: Tenant, second: FakeEmbedder) -> None:
    """As searches do it: the active model, and the vectors of that one, in one transaction."""
    asyncio.run(walk(30))
    seen: list[tuple[str, set[str], int]] = []
    may_end = threading.Event()

    def search_until_the_end() -> None:
        while True:
            is_last = may_end.is_set()
            with within(acme.id):
                model = active_model()
                assert model is not None
                rows = MemoryEmbedding.objects.ready().filter(model=model).select_related("model")
                seen.append((model.name, {row.model.name for row in rows}, len(rows)))
            if is_last:
                return

    thread = threading.Thread(target=in_another_connection, args=(search_until_the_end,))
    thread.start()
    until(lambda: len(seen) > 5)
    assert switch_when_complete()
    may_end.set()
    thread.join(30)
    assert {(name, tuple(models), count) for name, models, count in seen} == {
        ("fake-1", ("fake-1",), 2),
        ("fake-2", ("fake-2",), 2),
    }
