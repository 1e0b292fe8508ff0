"""The vectors of what was just written, for a caller who waits for them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.embedding.base import Embedder
from memory.embedding.claims import Claim, claim
from memory.embedding.making import workable
from memory.embedding.soon import embed_soon
from memory.embedding.work import by_model, fill
from memory.models import EmbeddingModel, EmbeddingStatus, MemoryEmbedding, ModelState

LOOK_SECONDS = 0.05
"""How often it is looked for vectors that somebody else is making."""

Statuses = dict[UUID, str]
_going_on: set["asyncio.Task[set[int]]"] = set()
"""Nobody else holds on to a task."""


async def embed_now(*, tenant_id: UUID, memory_ids: Collection[UUID], wait_ms: int) -> Statuses:
    """After the commit of a write, outside of any transaction: `ready`, `pending` or `failed` for each.

    Waits up to `wait_ms` for the vectors that searches use. What takes longer goes on here, and what this process
    cannot make is left to a worker. With 0 nothing is made here, and the answer is what there is.
    """
    if not memory_ids:
        return {}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_ms / 1000
    tried: set[UUID] = set()
    if wait_ms > 0:
        tried = await _try(tenant_id, memory_ids, deadline)
    statuses = await in_database_thread(_statuses, tenant_id, memory_ids)
    # Those that were due and are not ours, somebody else has in hand: they will be ready any moment.
    while loop.time() < deadline and any(
        status == EmbeddingStatus.PENDING and memory_id not in tried for memory_id, status in statuses.items()
    ):
        await asyncio.sleep(LOOK_SECONDS)
        statuses = await in_database_thread(_statuses, tenant_id, memory_ids)
    if EmbeddingStatus.PENDING in statuses.values():
        await in_database_thread(embed_soon)
    return statuses


async def _try(tenant_id: UUID, memory_ids: Collection[UUID], deadline: float) -> set[UUID]:
    """Those of which this process makes the vector, or of which nobody can make one now."""
    models, embedders, claims = await in_database_thread(_claim, tenant_id, memory_ids)
    active = next((model.id for model in models if model.state == ModelState.ACTIVE), None)
    tasks = {model_id: _begin(embedders[model_id], some) for model_id, some in by_model(claims).items()}
    if active in tasks:
        await asyncio.wait((tasks[active],), timeout=max(deadline - asyncio.get_running_loop().time(), 0))
    if active not in embedders:
        return set(memory_ids)
    return {each.memory_id for each in claims if each.model_id == active}


def _begin(embedder: Embedder, claims: Sequence[Claim]) -> "asyncio.Task[set[int]]":
    task = asyncio.get_running_loop().create_task(fill(embedder, claims), name="vectors of a write")
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    return task


def _claim(
    tenant_id: UUID, memory_ids: Collection[UUID]
) -> tuple[list[EmbeddingModel], Mapping[int, Embedder], list[Claim]]:
    models = list(EmbeddingModel.objects.exclude(state=ModelState.RETIRED))
    embedders = workable(models)
    most = len(memory_ids) * len(models)
    claims = claim(tenant_id=tenant_id, model_ids=list(embedders), memory_ids=memory_ids, most=most)
    return models, embedders, claims


def _statuses(tenant_id: UUID, memory_ids: Collection[UUID]) -> Statuses:
    """Of the model that searches use. What has no row is taken for pending."""
    with within(tenant_id):
        rows = MemoryEmbedding.objects.filter(memory__in=memory_ids, model__state=ModelState.ACTIVE)
        found = dict(rows.order_by().values_list("memory_id", "status"))
    return {memory_id: str(found.get(memory_id, EmbeddingStatus.PENDING)) for memory_id in memory_ids}
