"""The embedding models in the browser: how far a new one is, and who may change them."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import Person, Tenant
from accounts.tenancy import platform, within
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from memory.admin import models_page
from memory.embedding.active import ensure_model
from memory.models import EmbeddingModel, EmbeddingStatus, MemoryEmbedding, ModelState
from tests.browsing import Browse
from tests.memory.embedding.rows import FakeEmbedder, Shelf
from tests.memory.remembering import remember

pytestmark = pytest.mark.django_db

PAGE = "/admin/memory/models/"


def states() -> dict[str, str]:
    return dict(EmbeddingModel.objects.values_list("name", "state"))


@pytest.fixture
def building(shelf: Shelf) -> EmbeddingModel:
    ensure_model()
    shelf.choose(FakeEmbedder("fake-2"))
    return EmbeddingModel.objects.create(name="fake-2", dimensions=3, state=ModelState.BUILDING, per_second=2.0)


def test_before_the_first_memory_there_is_none(browse: Browse, vera: Person) -> None:
    assert "No model is in use yet" in browse(vera).page(PAGE)


def test_it_says_how_far_the_new_one_is(
    browse: Browse, platform_owner: Person, acme: Tenant, building: EmbeddingModel
) -> None:
    memories = [remember(acme, f"memory {number}") for number in range(4)]
    with within(acme.id):
        rows = MemoryEmbedding.objects.filter(model=building, memory=memories[0])
        rows.update(status=EmbeddingStatus.READY, vector=[1.0, 0.0, 0.0])
    page = browse(platform_owner).page(PAGE)
    assert '<progress class="qm-going-bar" max="100" value="25.0"' in page
    assert "1 of 4 memories, of all tenants" in page
    assert "2 a second · about 2 s left" in page
    assert 'data-refresh-seconds="3"' in page


def test_others_are_told_shares_and_no_numbers(
    browse: Browse, alice: Person, acme: Tenant, building: EmbeddingModel
) -> None:
    remember(acme, "one")
    page = browse(alice).page(PAGE)
    assert "of all tenants" not in page
    assert "of the memories have their vector" in page
    assert "cancel/" not in page


def test_the_fallback_is_called_so(browse: Browse, vera: Person) -> None:
    EmbeddingModel.objects.create(name=FALLBACK, dimensions=256, state=ModelState.ACTIVE)
    page = browse(vera).page(PAGE)
    assert "What is in use is the fallback" in page
    assert ">Fallback<" in page


def test_a_retired_one_is_on_its_way_out(browse: Browse, vera: Person) -> None:
    EmbeddingModel.objects.create(name="old", dimensions=3, state=ModelState.RETIRED)
    assert "Its vectors are being removed." in browse(vera).page(PAGE)


def test_a_new_one_is_begun(browse: Browse, platform_owner: Person, shelf: Shelf) -> None:
    ensure_model()
    shelf.choose(FakeEmbedder("fake-2"))
    assert "fake-2 is being built." in browse(platform_owner).done(f"{PAGE}begin/")
    assert states() == {"fake-1": "active", "fake-2": "building"}


def test_there_is_nothing_to_begin_with_what_is_in_use(browse: Browse, platform_owner: Person, shelf: Shelf) -> None:
    ensure_model()
    assert "is what searches use already" in browse(platform_owner).refused(f"{PAGE}begin/")
    assert states() == {"fake-1": "active"}


def test_the_one_in_use_chosen_back_stays(
    browse: Browse, platform_owner: Person, shelf: Shelf, building: EmbeddingModel
) -> None:
    shelf.choose(FakeEmbedder("fake-1"))
    assert "The one in use stays." in browse(platform_owner).done(f"{PAGE}begin/")
    assert states() == {"fake-1": "active", "fake-2": "retired"}


def test_it_is_cancelled(browse: Browse, platform_owner: Person, building: EmbeddingModel) -> None:
    assert "fake-2 is given up." in browse(platform_owner).done(f"{PAGE}cancel/")
    assert states() == {"fake-1": "active", "fake-2": "retired"}
    assert "No model is being built any more" in browse(platform_owner).refused(f"{PAGE}cancel/")


def test_what_was_refused_is_tried_again(browse: Browse, platform_owner: Person, acme: Tenant, shelf: Shelf) -> None:
    ensure_model()
    remember(acme, "one")
    with platform():
        MemoryEmbedding.objects.update(status=EmbeddingStatus.FAILED, attempts=5)
    assert "1 refused" in browse(platform_owner).page(PAGE)
    assert "handed to it once more" in browse(platform_owner).page(f"{PAGE}retry/")
    assert "1 are tried again." in browse(platform_owner).done(f"{PAGE}retry/")
    with platform():
        assert MemoryEmbedding.objects.get().status == EmbeddingStatus.PENDING


@pytest.mark.parametrize("act", ["begin", "cancel", "retry"])
def test_only_who_runs_the_installation_may(browse: Browse, alice: Person, building: EmbeddingModel, act: str) -> None:
    assert browse(alice).get(f"{PAGE}{act}/").status_code == 403
    assert browse(alice).post(f"{PAGE}{act}/").status_code == 403
    assert states() == {"fake-1": "active", "fake-2": "building"}


def test_it_says_what_the_setting_names(
    browse: Browse, platform_owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models_page, "chosen_embedder", lambda: FakeEmbedder("fake-9"))
    assert "fake-9" in browse(platform_owner).page(f"{PAGE}begin/")

    def misconfigured() -> None:
        raise ImproperlyConfigured("No.")

    monkeypatch.setattr(models_page, "chosen_embedder", misconfigured)
    assert "what EMBEDDER names" in browse(platform_owner).page(f"{PAGE}begin/")
