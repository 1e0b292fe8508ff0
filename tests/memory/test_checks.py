"""What is said at start about the models that memories are found by."""

import pytest
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from pytest_django import Settings

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from memory import checks
from memory.checks import check_embedding_models
from memory.embedding.active import ensure_model
from memory.models import EmbeddingModel, MemoryEmbedding, ModelState
from tests.memory.embedding.conftest import shelf  # noqa: F401
from tests.memory.embedding.rows import FakeEmbedder, Shelf, remember

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stocked(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(checks, "chosen_embedder", lambda: shelf.chosen)
    monkeypatch.setattr(checks, "embedder_named", shelf.named)


def found() -> dict[str | None, CheckMessage]:
    return {message.id: message for message in check_embedding_models(databases=["default"])}


def test_it_is_content_before_the_first_write_and_after_it(acme: Tenant) -> None:
    assert found() == {}
    remember(acme, "one")
    assert found() == {}


def test_it_asks_no_database_unless_it_is_to() -> None:
    assert check_embedding_models() == []


def test_it_says_that_another_model_was_chosen(acme: Tenant, shelf: Shelf) -> None:  # noqa: F811
    remember(acme, "one")
    shelf.choose(FakeEmbedder("fake-2"))
    assert found()["memory.W001"].msg == "EMBEDDER names `fake-2`, and memories are found by vectors of `fake-1`."
    EmbeddingModel.objects.create(name="fake-2", dimensions=3, state=ModelState.BUILDING)
    assert found()["memory.W001"].msg.endswith("They are getting the new ones: 0%.")


def test_it_names_the_fallback(shelf: Shelf, settings: Settings) -> None:  # noqa: F811
    shelf.choose(FakeEmbedder(FALLBACK))
    ensure_model()
    settings.EMBEDDER = "auto"
    assert "by the words that they share" in found()["memory.W002"].msg
    settings.EMBEDDER = FALLBACK
    assert found() == {}


def test_it_says_that_nobody_makes_such_vectors_any_more(shelf: Shelf) -> None:  # noqa: F811
    ensure_model()
    shelf.embedders.clear()
    assert list(found()) == ["memory.W003"]


def test_it_counts_texts_that_were_refused(acme: Tenant) -> None:
    remember(acme, "one")
    with within(acme.id):
        MemoryEmbedding.objects.update(status="failed", due_at=None)
    assert found()["memory.W004"].msg == "1 memories have no vector, because the embedder refused their texts."


@pytest.mark.parametrize("error", [DatabaseError(), ImproperlyConfigured("EMBEDDER is none.")])
def test_it_leaves_to_others_what_they_say(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_model()

    def fails() -> FakeEmbedder:
        raise error

    monkeypatch.setattr(checks, "chosen_embedder", fails)
    assert found() == {}


def test_it_looks_at_nothing_before_the_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_model()
    monkeypatch.setattr(EmbeddingModel._meta, "db_table", "memory_not_there")
    assert found() == {}
