"""Changing the model: a new one is begun, and may be given up again until it takes over."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor, System
from accounts.errors import Conflict, Fault, Forbidden, Invalid, QuartermasterError
from accounts.tenancy import platform
from integrations.embedding.base import ModelFacts
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from integrations.embedding.shelf import chosen_embedder
from memory.embedding.active import active_model, changing_models, ensure_model
from memory.errors import ModelNotFound
from memory.models import EmbeddingModel, EmbeddingStatus, MemoryEmbedding, ModelState

SCHEDULE = System("schedule")

log = logging.getLogger(__name__)


def begin_reembedding(*, by: Actor, model_name: str | None = None) -> EmbeddingModel:
    """Give every memory a vector of the model that EMBEDDER names, in the background; it takes over when all have one.

    Returns the model that is being built. Where it is active already, one that was being built is given up and the
    active one is returned. `model_name`, when given, has to be what EMBEDDER names.

    Raises Forbidden, Invalid, ModelsBusy, and Conflict where there is nothing to do or its old vectors are not gone.
    """
    require_platform_owner(by)
    facts = chosen_embedder().facts
    if model_name not in (None, facts.id):
        raise Invalid(faults=[Fault("$.name", f"EMBEDDER names `{facts.id}`. Change that first, in all processes.")])
    with platform(), changing_models():
        active, building = ensure_model(), building_model()
        EmbeddingModel.objects.filter(id=active.id).update(declined="")
        if building is not None and building.name == facts.id:
            return building
        if active.name == facts.id and building is None:
            raise Conflict(f"`{facts.id}` is what searches use already.")
        if building is not None:
            _give_up(building, by)
        return active if active.name == facts.id else _begin(facts, by)


def cancel_reembedding(*, by: Actor, name: str) -> EmbeddingModel:
    """Give up the model that is being built. The schedule does not begin with it again until somebody does.

    Raises Forbidden, ModelNotFound, ModelsBusy, and Conflict where it is not being built.
    """
    require_platform_owner(by)
    with platform(), changing_models():
        model = EmbeddingModel.objects.filter(name=name).first()
        if model is None:
            raise ModelNotFound()
        if model.state != ModelState.BUILDING:
            raise Conflict(f"`{name}` is not being built: it is {model.state}.")
        EmbeddingModel.objects.filter(state=ModelState.ACTIVE).update(declined=name)
        return _give_up(model, by)


def follow_setting() -> None:
    """What the schedule does: begin with what EMBEDDER names now, unless somebody has cancelled that."""
    active, building = active_model(), building_model()
    if active is None:
        return
    try:
        chosen = chosen_embedder().facts.id
        is_new = chosen not in (active.name, active.declined) and not _is_makeshift(chosen)
        is_back = chosen == active.name and building is not None
        if is_back or (is_new and (building is None or building.name != chosen)):
            begin_reembedding(by=SCHEDULE)
    except (QuartermasterError, ImproperlyConfigured) as error:
        log.info("The embedding model is not changed yet: %s", error, extra={"action": "reembedding_waits"})


def retry_failed(*, by: Actor) -> int:
    """Try those again whose texts were refused several times; how many that are."""
    require_platform_owner(by)
    with platform():
        rows = MemoryEmbedding.objects.failed().exclude(model__state=ModelState.RETIRED)
        return rows.update(status=EmbeddingStatus.PENDING, attempts=0, due_at=Now())


def building_model() -> EmbeddingModel | None:
    return EmbeddingModel.objects.filter(state=ModelState.BUILDING).first()


def require_platform_owner(by: Actor) -> None:
    """Raise Forbidden unless they run the installation."""
    if not by.is_platform_owner:
        raise Forbidden("The embedding model is the installation's: only a platform owner can change it.")


def _is_makeshift(chosen: str) -> bool:
    """A model whose files cannot be read for a moment must not cost all vectors that it made."""
    return chosen == FALLBACK and settings.EMBEDDER != FALLBACK


def _begin(facts: ModelFacts, by: Actor) -> EmbeddingModel:
    if EmbeddingModel.objects.filter(name=facts.id).exists():
        raise Conflict(f"Old vectors of `{facts.id}` are still being removed. Try again in some minutes.")
    model = EmbeddingModel.objects.create(name=facts.id, dimensions=facts.dimensions, state=ModelState.BUILDING)
    record(
        tenant_id=None,
        actor=by.actor,
        action="embedding_model.begun",
        subject=f"embedding_model:{model.id}",
        detail={"name": model.name, "dimensions": model.dimensions},
    )
    return model


def _give_up(model: EmbeddingModel, by: Actor) -> EmbeddingModel:
    model.state, model.retired_at, model.lease_until = ModelState.RETIRED, timezone.now(), None
    model.save(update_fields=["state", "retired_at", "lease_until"])
    record(
        tenant_id=None,
        actor=by.actor,
        action="embedding_model.cancelled",
        subject=f"embedding_model:{model.id}",
        detail={"name": model.name, "looked_at": model.looked_at},
    )
    return model
