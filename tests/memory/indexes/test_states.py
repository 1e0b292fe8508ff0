import pytest

from accounts.models import Tenant
from memory.indexes.states import count_states
from memory.models import IndexState, VectorIndex
from tests.memory.vectors import make_model

pytestmark = pytest.mark.django_db


def test_it_counts_indexes_by_their_state(acme: Tenant) -> None:
    model = make_model()
    VectorIndex.objects.create(name="own", model=model, tenant=acme, state=IndexState.READY)
    VectorIndex.objects.create(name="shared", model=model, state=IndexState.FAILED)
    assert count_states() == {"waiting": 0, "building": 0, "ready": 1, "dropping": 0, "failed": 1}
