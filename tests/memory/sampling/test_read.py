from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import platform, within
from memory.models import EmbeddingModel, RecallSample
from memory.sampling.read import Recall, read_recall
from memory.sampling.retention import remove_old
from memory.tasks import remove_old_samples
from tests.memory.vectors import make_model

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def sample(tenant: Tenant, model: EmbeddingModel, recall: float, *, index: str = "own", age: timedelta = HOUR) -> None:
    with within(tenant.id):
        facts = {"route": "ann", "index": index, "wanted": 10, "found": 10, "ann_ms": 2.0, "exact_ms": 200.0}
        row = RecallSample.objects.create(tenant=tenant, model=model, recall=recall, **facts)
        RecallSample.objects.filter(id=row.id).update(at=timezone.now() - age)


def test_a_tenant_is_told_of_its_own_by_index(acme: Tenant, globex: Tenant) -> None:
    model = make_model()
    for recall in (1.0, 0.9, 0.95):
        sample(acme, model, recall)
    sample(acme, model, 0.5, index="shared")
    sample(acme, model, 0.1, age=3 * HOUR)
    sample(globex, model, 0.2)
    shared = Recall(acme.id, "ann", "shared", 1, 0.5, 0.5, 1, 2.0, 200.0)
    mean: Any = pytest.approx(0.95)
    own = Recall(acme.id, "ann", "own", 3, mean, 0.9, 1, 2.0, 200.0)
    with within(acme.id):
        assert read_recall(since=timezone.now() - 2 * HOUR) == [shared, own]
    with platform():
        assert [each.tenant_id for each in read_recall(since=timezone.now() - 2 * HOUR)] == [
            globex.id,
            acme.id,
            acme.id,
        ]


def test_samples_are_kept_for_thirty_days(acme: Tenant) -> None:
    model = make_model()
    sample(acme, model, 1.0, age=timedelta(days=30, seconds=1))
    sample(acme, model, 0.5, age=timedelta(days=30) - HOUR)
    assert (remove_old(), remove_old()) == (1, 0)
    remove_old_samples()
    with within(acme.id):
        assert [row.recall for row in RecallSample.objects.all()] == [0.5]
