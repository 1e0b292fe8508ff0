import pytest

from accounts.models import Tenant
from accounts.tenancy import platform
from memory.embedding.active import ensure_model
from memory.embedding.progress import Progress, progress_of
from memory.models import EmbeddingModel, MemoryEmbedding, ModelState
from tests.memory.embedding.rows import remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shelf")]


def test_it_counts_what_all_tenants_have(acme: Tenant, globex: Tenant) -> None:
    for tenant, text in ((acme, "one"), (acme, "two"), (globex, "one"), (globex, "two")):
        remember(tenant, text)
    with platform():
        ready, failed, *_ = MemoryEmbedding.objects.order_by("id")
        MemoryEmbedding.objects.filter(id=ready.id).update(status="ready", vector=[1, 2, 3])
        MemoryEmbedding.objects.filter(id=failed.id).update(status="failed")
    found = progress_of(ensure_model())
    assert found == Progress(total=4, done=1, failed=1, per_second=None)
    assert (found.share, found.seconds_left) == (0.5, None)


def test_it_says_how_long_it_will_take(acme: Tenant) -> None:
    remember(acme, "one")
    model = EmbeddingModel(name="new", dimensions=3, state=ModelState.BUILDING, per_second=0.25)
    model.save()
    assert progress_of(model).seconds_left == 4


def test_of_nothing_everything_is_done() -> None:
    assert progress_of(ensure_model()).share == 1
