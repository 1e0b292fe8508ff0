"""`memory-models/`"""

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform
from memory.embedding.active import ensure_model
from memory.models import EmbeddingModel, MemoryEmbedding, ModelState
from tests.doors import Api
from tests.memory.embedding.rows import remember

pytestmark = pytest.mark.django_db

ADDRESS = "memory-models/"


def test_it_lists_models_and_how_far_they_are(api: Api, acme: Tenant, globex: Tenant) -> None:
    active = ensure_model()
    for tenant, text in ((acme, "one"), (globex, "one")):
        remember(tenant, text)
    with platform():
        first = MemoryEmbedding.objects.order_by("id").first()
        MemoryEmbedding.objects.filter(id=first.id).update(status="ready", vector=[1.0] * 384)  # type: ignore[union-attr]
    EmbeddingModel.objects.create(name="new", dimensions=3, state=ModelState.BUILDING, per_second=3)
    answer = api.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {
            "name": "lexical-hash-v1",
            "dimensions": 384,
            "state": "active",
            "share": 0.5,
            "seconds_left": None,
            "activated_at": active.activated_at.isoformat().replace("+00:00", "Z"),  # type: ignore[union-attr]
        },
        {
            "name": "new",
            "dimensions": 3,
            "state": "building",
            "share": 0.0,
            "seconds_left": 0.7,
            "activated_at": None,
        },
    ]


def test_it_shows_nothing_without_a_key(api: Api) -> None:
    assert api.as_(None).get(ADDRESS).status_code == 401


def test_nobody_changes_models_here(api: Api) -> None:
    assert api.post(ADDRESS, {}).status_code == 405
