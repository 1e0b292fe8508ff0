"""Removing what nobody searches any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform
from memory.embedding import retire
from memory.embedding.retire import remove_retired
from memory.models import EmbeddingModel, MemoryCount, MemoryEmbedding, ModelState
from tests.memory.embedding.rows import all_rows, remember, wait_for_vectors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shelf")]


def retired(tenant: Tenant, *, ago: timedelta, memories: int = 5) -> EmbeddingModel:
    """A model of which there are vectors, and that another one has replaced so long ago."""
    made = [remember(tenant, f"number {number}") for number in range(memories)]
    with platform():
        MemoryEmbedding.objects.update(status="ready", vector=[1, 2, 3], due_at=None)
    EmbeddingModel.objects.update(state=ModelState.RETIRED, retired_at=timezone.now() - ago)
    old = EmbeddingModel.objects.get()
    EmbeddingModel.objects.create(name="fake-2", dimensions=4, state=ModelState.ACTIVE)
    with platform():
        for memory in made:
            wait_for_vectors(memory)
    return old


def test_old_vectors_and_their_model_are_removed(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retire, "MOST_AT_ONCE", 2)
    old = retired(acme, ago=timedelta(hours=1))
    assert remove_retired(30) == 5
    assert [row.model.name for row in all_rows()] == ["fake-2"] * 5
    assert list(EmbeddingModel.objects.values_list("name", flat=True)) == ["fake-2"]
    with platform():
        assert not MemoryCount.objects.filter(model_id=old.id).exists()
        (entry,) = AuditEntry.objects.filter(action="embedding_model.removed")
    assert (entry.subject, entry.detail) == (f"embedding_model:{old.id}", {"name": "fake-1"})
    assert remove_retired(30) == 0


def test_a_search_that_has_begun_with_it_ends_with_it(acme: Tenant) -> None:
    retired(acme, ago=timedelta(seconds=30))
    assert remove_retired(30) == 0
    assert len(all_rows()) == 10


def test_it_goes_on_no_longer_than_it_may(acme: Tenant) -> None:
    retired(acme, ago=timedelta(hours=1))
    assert remove_retired(0) == 0
    assert EmbeddingModel.objects.count() == 2
