"""The worker's part: memories that wait for a vector get one, every tenant in turn."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from accounts.offload import in_database_thread
from accounts.tenancy import platform
from integrations.embedding.base import Embedder
from memory.embedding.claims import Claim, claim
from memory.embedding.making import workable
from memory.embedding.work import by_model, fill
from memory.models import EmbeddingModel, ModelState

MOST_TENANTS = 8
"""Whose memories are embedded together."""
MOST_AT_ONCE = 64
"""Vectors of one round; a round ends well within a lease."""
_LOWEST = UUID(int=0)

# From one tenant to the next, each a look into the index, however many rows one of them has.
_WAITING = """
    WITH RECURSIVE waiting AS (
        SELECT %(after)s::uuid AS tenant_id, false AS is_one
        UNION ALL
        SELECT next.tenant_id, true FROM waiting CROSS JOIN LATERAL (
            SELECT tenant_id FROM memory_memoryembedding
            WHERE status = 'pending' AND tenant_id > waiting.tenant_id AND due_at <= statement_timestamp()
                AND model_id = ANY(%(models)s)
            ORDER BY tenant_id LIMIT 1
        ) AS next
    )
    SELECT tenant_id FROM waiting WHERE is_one LIMIT %(most)s
"""


async def embed_pending(budget_seconds: float) -> int:
    """Until nothing is due, or for so long; returns how many vectors were stored.

    Several processes may do so at once: they take different rows.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + budget_seconds
    stored, after = 0, _LOWEST
    while loop.time() < deadline:
        embedders, claims, last = await in_database_thread(_take, after)
        if not claims and after == _LOWEST:
            break
        after = last
        filled = await asyncio.gather(*(fill(embedders[model], some) for model, some in by_model(claims).items()))
        stored += sum(len(rows) for rows in filled)
    return stored


def _take(after: UUID) -> tuple[dict[int, Embedder], list[Claim], UUID]:
    """What is taken, and behind which tenant the next round begins."""
    embedders = workable(list(EmbeddingModel.objects.exclude(state=ModelState.RETIRED)))
    if not embedders:
        return {}, [], _LOWEST
    tenants = _waiting_tenants(list(embedders), after)
    share = MOST_AT_ONCE // max(len(tenants), 1)
    claims = [
        each for tenant_id in tenants for each in claim(tenant_id=tenant_id, model_ids=list(embedders), most=share)
    ]
    return embedders, claims, tenants[-1] if len(tenants) == MOST_TENANTS else _LOWEST


def _waiting_tenants(model_ids: Sequence[int], after: UUID) -> list[UUID]:
    with platform(), connection.cursor() as cursor:
        cursor.execute(_WAITING, {"models": list(model_ids), "after": after, "most": MOST_TENANTS})
        return [tenant_id for (tenant_id,) in cursor]
