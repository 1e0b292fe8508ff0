"""The moment at which another model takes over: between two searches, and without any memory being lost to them."""

import time
from collections.abc import Callable
from typing import TypeAlias

from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform
from memory.embedding.active import changing_models
from memory.embedding.models import SCHEDULE, building_model
from memory.embedding.walk import is_at_end
from memory.models import (
    EmbeddingModel,
    MemoryEmbedding,
    ModelState,
)

FEW = 100
"""Fewer vectors than that have to be missing before writes are held up for the last ones."""
HELD_SECONDS = 2.0
"""How long writes are held up at most."""
LOOK_SECONDS = 0.02

Condition: TypeAlias = Callable[[EmbeddingModel], bool]
_conditions: list[Condition] = []


def switch_only_when(is_ready: Condition) -> None:
    """What else has to be there before a model takes over, such as its indexes. Asked again until it says yes."""
    _conditions.append(is_ready)


def switch_when_complete() -> bool:
    """Have searches use the model that is being built, if all that they find now has a vector of it.

    Raises ModelsBusy when a long write runs; it is tried again.
    """
    model = building_model()
    if model is None or not _is_nearly_complete(model) or not all(is_ready(model) for is_ready in _conditions):
        return False
    with platform(), changing_models():
        # Nobody writes now; what was written a moment ago is getting its vectors in other processes.
        deadline = time.monotonic() + HELD_SECONDS
        while _is_missing_any(model):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        if not EmbeddingModel.objects.filter(id=model.id, state=ModelState.BUILDING).exists():
            return False
        _switch(model)
    return True


def _is_nearly_complete(model: EmbeddingModel) -> bool:
    with platform():
        number = _pending(model)[:FEW].count()
    return number < FEW and is_at_end(model)


def _is_missing_any(model: EmbeddingModel) -> bool:
    """Whether searches find something now that they would not find with that model yet."""
    waiting = list(_pending(model).values_list("memory_id", flat=True))
    rows = MemoryEmbedding.objects.ready().filter(memory__in=waiting, model__state=ModelState.ACTIVE)
    return bool(waiting) and rows.exists()


def _pending(model: EmbeddingModel) -> QuerySet[MemoryEmbedding]:
    return MemoryEmbedding.objects.pending().filter(model=model).order_by()


def _switch(model: EmbeddingModel) -> None:
    now = timezone.now()
    before = EmbeddingModel.objects.filter(state=ModelState.ACTIVE)
    names = list(before.values_list("name", flat=True))
    before.update(state=ModelState.RETIRED, retired_at=now, declined="")
    EmbeddingModel.objects.filter(id=model.id).update(state=ModelState.ACTIVE, activated_at=now, lease_until=None)
    record(
        tenant_id=None,
        actor=SCHEDULE.actor,
        action="embedding_model.activated",
        subject=f"embedding_model:{model.id}",
        detail={"name": model.name, "before": names},
    )
