"""The rows of vectors that belong to a memory: made with it, following it, gone with it.

Called in the transaction of whoever writes the memory.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from memory.embedding.active import models_to_write
from memory.models import EmbeddingModel, EmbeddingStatus, Memory, MemoryEmbedding, ModelState
from memory.rows import insert_rows

COPIED = ("namespace", "kind", "valid_from", "valid_to", "expires_at")
"""What the rows of vectors have of their memory."""
NO_VECTOR: Mapping[str, Any] = {"status": EmbeddingStatus.PENDING, "vector": None, "attempts": 0}
DUE_NOW: Any = "now"
"""PostgreSQL's own word for it, by its clock: by another one that is ahead, nothing would be due yet."""


def queue(memories: Sequence[Memory], *, vectors: Mapping[UUID, Sequence[float]] | None = None) -> None:
    """A row for each memory and model, three statements for all, which waits for its vector.

    `vectors`: those that are there already, by the memory's id, checked; of the model that searches use.
    """
    insert_rows(
        MemoryEmbedding, [_row(memory, model, vectors or {}) for model in models_to_write() for memory in memories]
    )


def follow(memory: Memory, *, changed: Collection[str], vector: Sequence[float] | None = None) -> None:
    """After a change: the rows have what the memory has. With another content they wait for another vector.

    `vector`: the one that was sent along, checked; of the model that searches use.
    """
    rows = MemoryEmbedding.objects.filter(memory=memory)
    put: dict[str, Any] = {name: getattr(memory, name) for name in COPIED if name in changed}
    if "content" in changed:
        put |= {**NO_VECTOR, "due_at": Now()}
    if put:
        rows.update(**put)
    if vector is not None:
        rows.filter(model__state=ModelState.ACTIVE).update(**_given(vector))


def forget(memory_ids: Collection[UUID]) -> None:
    """What is deleted has no vectors."""
    MemoryEmbedding.objects.filter(memory__in=memory_ids).delete()


def _row(memory: Memory, model: EmbeddingModel, vectors: Mapping[UUID, Sequence[float]]) -> MemoryEmbedding:
    is_given = model.state == ModelState.ACTIVE and memory.id in vectors
    put = _given(vectors[memory.id]) if is_given else {"due_at": DUE_NOW}
    copies = {name: getattr(memory, name) for name in COPIED}
    return MemoryEmbedding(tenant_id=memory.tenant_id, memory=memory, model=model, **copies, **put)


def _given(vector: Sequence[float]) -> dict[str, Any]:
    return {"status": EmbeddingStatus.READY, "vector": list(vector), "attempts": 0, "due_at": None}
