import pytest

from accounts.models import Tenant
from memory.indexes.known import IndexFacts, Usable, usable
from memory.models import IndexState, ModelState, VectorIndex
from tests.memory.vectors import make_model

pytestmark = pytest.mark.django_db


def test_there_is_none_at_first(acme: Tenant) -> None:
    assert usable(tenant_id=acme.id, model_id=make_model().id) == Usable(None, None)


def test_it_tells_the_tenants_own_and_the_shared_one(acme: Tenant, globex: Tenant) -> None:
    model = make_model()
    VectorIndex.objects.create(name="own", model=model, tenant=acme, state=IndexState.READY, rows=30_000)
    VectorIndex.objects.create(name="shared", model=model, state=IndexState.READY, rows=90_000)
    assert usable(tenant_id=acme.id, model_id=model.id) == Usable(
        IndexFacts("own", 30_000), IndexFacts("shared", 90_000)
    )
    assert usable(tenant_id=globex.id, model_id=model.id) == Usable(None, IndexFacts("shared", 90_000))


def test_it_tells_none_of_another_model(acme: Tenant) -> None:
    model, other = make_model(), make_model("other", state=ModelState.BUILDING)
    VectorIndex.objects.create(name="own", model=other, tenant=acme, state=IndexState.READY)
    VectorIndex.objects.create(name="shared", model=other, state=IndexState.READY)
    assert usable(tenant_id=acme.id, model_id=model.id) == Usable(None, None)


@pytest.mark.parametrize("state", [IndexState.BUILDING, IndexState.DROPPING, IndexState.FAILED])
def test_it_tells_none_that_is_not_ready(acme: Tenant, state: IndexState) -> None:
    model = make_model()
    VectorIndex.objects.create(name="own", model=model, tenant=acme, state=state)
    assert usable(tenant_id=acme.id, model_id=model.id) == Usable(None, None)
