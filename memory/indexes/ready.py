"""Whether a model that is to take over has the indexes that the active one has; else searches would be slow then."""

from memory.indexes.decide import wanted_indexes
from memory.indexes.facts import Facts, Owner
from memory.indexes.look import look
from memory.models import EmbeddingModel, IndexState, ModelState


def are_ready(model: EmbeddingModel) -> bool:
    return not awaited(model.id, look())


def awaited(model_id: int, facts: Facts) -> list[Owner]:
    """Those that it shall have, that it has not, and whose counterpart of the active model is there.

    Where none is there, none can be built here, or it takes long for the active one as well: nobody waits for that.
    """
    ready = {owner for owner, known in facts.known.items() if known.state == IndexState.READY}
    there = {tenant_id for model, tenant_id in ready if facts.models.get(model) == ModelState.ACTIVE}
    wanted = [owner for owner in wanted_indexes(facts) if owner[0] == model_id and owner[1] in there]
    return [owner for owner in wanted if owner not in ready]
