"""Rows for tests of what has to do with many vectors: a model, and memories with vectors of it."""

from hashlib import sha256

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform, within
from memory.models import EmbeddingModel, EmbeddingStatus, Memory, MemoryEmbedding, ModelState, Trust

DIMENSIONS = 8


def make_model(name: str = "words-8", *, state: ModelState = ModelState.ACTIVE) -> EmbeddingModel:
    return EmbeddingModel.objects.create(name=name, dimensions=DIMENSIONS, state=state)


def make_memories(tenant: Tenant, *namespaces: str, model: EmbeddingModel | None = None) -> list[Memory]:
    """One in each of the namespaces, in one statement; with a model, each with a vector of it that is ready."""
    memories = [
        Memory(
            tenant=tenant,
            namespace=namespace,
            content=(content := f"{namespace} {new_id()}"),
            content_digest=sha256(content.encode()).digest(),
            trust=Trust.TRUSTED,
            created_by="tests",
        )
        for namespace in namespaces
    ]
    with within(tenant.id):
        Memory.objects.bulk_create(memories)
    if model is not None:
        embed(model, memories)
    return memories


def embed(model: EmbeddingModel, memories: list[Memory]) -> None:
    """Vectors that differ: each points a little elsewhere."""
    rows = [
        MemoryEmbedding(
            tenant_id=memory.tenant_id,
            memory=memory,
            model=model,
            namespace=memory.namespace,
            kind=memory.kind,
            status=EmbeddingStatus.READY,
            vector=[1 + (memory.id.int >> (4 * place)) % 16 for place in range(model.dimensions)],
        )
        for memory in memories
    ]
    with platform():
        MemoryEmbedding.objects.bulk_create(rows)


def make_many(tenant: Tenant, model: EmbeddingModel, number: int, *, namespace: str = "many/") -> None:
    make_memories(tenant, *[namespace] * number, model=model)
