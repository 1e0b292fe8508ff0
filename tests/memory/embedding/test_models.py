"""Beginning with another model, and giving it up."""

import logging

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from accounts.caller import Caller, System
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from memory.embedding import models
from memory.embedding.active import active_model, ensure_model
from memory.embedding.models import (
    begin_reembedding,
    building_model,
    cancel_reembedding,
    follow_setting,
    retry_failed,
)
from memory.errors import ModelNotFound
from memory.models import EmbeddingModel, MemoryEmbedding, ModelState
from tests.memory.embedding.rows import FakeEmbedder, Shelf, remember, row_of

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("tests")


@pytest.fixture(autouse=True)
def first(shelf: Shelf) -> EmbeddingModel:
    return ensure_model()


def states() -> dict[str, str]:
    return dict(EmbeddingModel.objects.values_list("name", "state"))


def told() -> list[tuple[str, str, object]]:
    with platform():
        entries = AuditEntry.objects.filter(action__startswith="embedding_model.").order_by("id")
        return list(entries.values_list("action", "actor", "detail"))


def test_it_begins_with_what_the_setting_names(shelf: Shelf, first: EmbeddingModel) -> None:
    shelf.choose(FakeEmbedder("fake-2", 4))
    model = begin_reembedding(by=BY)
    assert (model.name, model.dimensions, model.state, model.reached) == ("fake-2", 4, "building", None)
    assert states() == {"fake-1": "active", "fake-2": "building"}
    assert told() == [("embedding_model.begun", "system:tests", {"name": "fake-2", "dimensions": 4})]


def test_who_begins_twice_gets_the_same(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    assert begin_reembedding(by=BY) == begin_reembedding(by=BY, model_name="fake-2")
    assert len(told()) == 1


def test_it_refuses_what_the_setting_does_not_name(shelf: Shelf) -> None:
    with pytest.raises(Invalid) as refused:
        begin_reembedding(by=BY, model_name="fake-2")
    assert [fault.path for fault in refused.value.faults] == ["$.name"]
    assert states() == {"fake-1": "active"}


def test_it_refuses_to_begin_with_what_is_active() -> None:
    with pytest.raises(Conflict, match="`fake-1` is what searches use already"):
        begin_reembedding(by=BY)
    assert states() == {"fake-1": "active"}


def test_it_refuses_while_old_vectors_of_the_same_model_are_there(shelf: Shelf) -> None:
    EmbeddingModel.objects.create(name="fake-2", dimensions=3, state=ModelState.RETIRED)
    shelf.choose(FakeEmbedder("fake-2"))
    with pytest.raises(Conflict, match="still being removed"):
        begin_reembedding(by=BY)
    assert states() == {"fake-1": "active", "fake-2": "retired"}


def test_it_is_for_those_alone_who_run_the_installation(shelf: Shelf, scout_caller: Caller) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    for refused in (
        lambda: begin_reembedding(by=scout_caller),
        lambda: cancel_reembedding(by=scout_caller, name="fake-2"),
        lambda: retry_failed(by=scout_caller),
    ):
        with pytest.raises(Forbidden, match="only a platform owner"):
            refused()
    assert states() == {"fake-1": "active"}


def test_it_begins_inside_a_tenants_transaction(shelf: Shelf, acme: Tenant) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    with within(acme.id):
        begin_reembedding(by=BY)
        assert not AuditEntry.objects.filter(action="embedding_model.begun").exists()
    assert len(told()) == 1


def test_a_model_that_is_chosen_meanwhile_takes_the_place_of_the_one_that_is_built(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    begin_reembedding(by=BY)
    shelf.choose(FakeEmbedder("fake-3"))
    begin_reembedding(by=BY)
    assert states() == {"fake-1": "active", "fake-2": "retired", "fake-3": "building"}
    assert [action for action, _, _ in told()] == [
        "embedding_model.begun",
        "embedding_model.cancelled",
        "embedding_model.begun",
    ]


def test_the_active_model_chosen_back_gives_up_the_one_that_is_built(shelf: Shelf, first: EmbeddingModel) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    begin_reembedding(by=BY)
    shelf.choose(shelf.embedders[0])
    assert begin_reembedding(by=BY) == first
    assert states() == {"fake-1": "active", "fake-2": "retired"}


def test_cancelling_gives_up_the_one_that_is_built(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    begin_reembedding(by=BY)
    cancelled = cancel_reembedding(by=BY, name="fake-2")
    assert cancelled.retired_at is not None
    assert states() == {"fake-1": "active", "fake-2": "retired"}
    assert told()[-1] == ("embedding_model.cancelled", "system:tests", {"name": "fake-2", "looked_at": 0})


def test_only_what_is_built_can_be_cancelled() -> None:
    with pytest.raises(Conflict, match="`fake-1` is not being built: it is active"):
        cancel_reembedding(by=BY, name="fake-1")
    with pytest.raises(ModelNotFound):
        cancel_reembedding(by=BY, name="fake-2")
    assert states() == {"fake-1": "active"}


def test_the_schedule_begins_with_what_the_setting_names(shelf: Shelf) -> None:
    follow_setting()
    assert building_model() is None
    shelf.choose(FakeEmbedder("fake-2"))
    follow_setting()
    follow_setting()
    assert states() == {"fake-1": "active", "fake-2": "building"}
    assert [actor for _, actor, _ in told()] == ["system:schedule"]


def test_the_schedule_gives_it_up_when_the_setting_is_changed_back(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    follow_setting()
    shelf.choose(shelf.embedders[0])
    follow_setting()
    assert states() == {"fake-1": "active", "fake-2": "retired"}


def test_the_schedule_does_not_begin_again_with_what_somebody_cancelled(shelf: Shelf) -> None:
    shelf.choose(FakeEmbedder("fake-2"))
    follow_setting()
    cancel_reembedding(by=BY, name="fake-2")
    EmbeddingModel.objects.filter(name="fake-2").delete()
    follow_setting()
    assert states() == {"fake-1": "active"}
    begin_reembedding(by=BY)
    assert states() == {"fake-1": "active", "fake-2": "building"}
    assert active_model().declined == ""  # type: ignore[union-attr]


def test_the_schedule_does_not_take_the_fallback_for_a_choice(shelf: Shelf, settings: LazySettings) -> None:
    """A model whose files are away for a moment must not cost its vectors."""
    settings.EMBEDDER = "auto"
    shelf.choose(FakeEmbedder(FALLBACK))
    follow_setting()
    assert states() == {"fake-1": "active"}
    settings.EMBEDDER = FALLBACK
    follow_setting()
    assert states() == {"fake-1": "active", FALLBACK: "building"}


def test_the_schedule_waits_where_it_cannot_begin(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmbeddingModel.objects.create(name="fake-2", dimensions=3, state=ModelState.RETIRED)
    shelf.choose(FakeEmbedder("fake-2"))
    with caplog.at_level(logging.INFO):
        follow_setting()
    assert "still being removed" in caplog.text

    def misconfigured() -> FakeEmbedder:
        raise ImproperlyConfigured("EMBEDDER is none.")

    monkeypatch.setattr(models, "chosen_embedder", misconfigured)
    with caplog.at_level(logging.INFO):
        follow_setting()
    assert "EMBEDDER is none." in caplog.text
    assert states() == {"fake-1": "active", "fake-2": "retired"}


def test_before_the_first_write_the_schedule_does_nothing(first: EmbeddingModel) -> None:
    first.delete()
    follow_setting()
    assert states() == {}


def test_what_failed_can_be_tried_again(acme: Tenant) -> None:
    memory = remember(acme, "one")
    with within(acme.id):
        MemoryEmbedding.objects.update(status="failed", attempts=5, due_at=None)
    assert retry_failed(by=BY) == 1
    row = row_of(memory)
    assert (row.status, row.attempts) == ("pending", 0)
    assert row.due_at is not None
    assert retry_failed(by=BY) == 0
