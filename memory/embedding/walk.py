"""Giving memories that were there before a model a vector of it: all tenants', in the order of their ids.

What is written while a model is being built gets its vector like any other write, so that only what was there when it
was begun is looked for here. One process walks at a time, for as long as its lease. Each batch's vectors, and the place
that was reached, are committed together: a process that is killed loses one batch of work and nothing else.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.offload import in_database_thread
from accounts.tenancy import platform
from memory.embedding import resting
from memory.embedding.claims import LEASE_SECONDS, PAUSES_SECONDS, as_text
from memory.embedding.making import Away, Made, make, workable
from memory.models import EmbeddingModel

MOST_AT_ONCE = 128
"""Memories of one batch."""
_LOWEST = UUID(int=0)
_SMOOTHING = 0.3
"""How much the last batch's speed counts in that of late."""

_LEASE = """
    UPDATE memory_embeddingmodel SET lease_until = statement_timestamp() + make_interval(secs => %s)
    WHERE state = 'building' AND (lease_until IS NULL OR lease_until < statement_timestamp())
    RETURNING *
"""
_LEAVE = """
    UPDATE memory_embeddingmodel SET lease_until = statement_timestamp() + make_interval(secs => %s)
    WHERE id = %s AND reached IS NOT DISTINCT FROM %s
"""
_READ = """
    SELECT memory.id, memory.content_digest, CASE WHEN row.id IS NULL THEN memory.content END
    FROM memory_memory AS memory
        LEFT JOIN memory_memoryembedding AS row ON row.memory_id = memory.id AND row.model_id = %s
    WHERE memory.id > %s AND memory.deleted_at IS NULL
        AND (memory.expires_at IS NULL OR memory.expires_at > statement_timestamp())
    ORDER BY memory.id LIMIT %s
"""
_HOLD = """
    SELECT 1 FROM memory_embeddingmodel
    WHERE id = %s AND state = 'building' AND reached IS NOT DISTINCT FROM %s FOR NO KEY UPDATE
"""
# That the ids are named twice has PostgreSQL look each up, however many others it takes the policy to hide.
# A memory that somebody is changing at this moment is left for the next batch: to wait for them could be a circle.
_PUT = """
    WITH unchanged AS MATERIALIZED (
        SELECT memory.tenant_id, memory.id, memory.namespace, memory.kind, memory.valid_from, memory.valid_to,
            memory.expires_at, made.vector
        FROM memory_memory AS memory
            JOIN unnest(%(ids)s::uuid[], %(digests)s::bytea[], %(vectors)s::text[]) AS made (id, digest, vector)
            ON memory.id = made.id AND memory.content_digest = made.digest
        WHERE memory.id = ANY(%(ids)s::uuid[]) AND memory.deleted_at IS NULL
        FOR SHARE OF memory SKIP LOCKED
    )
    INSERT INTO memory_memoryembedding (
        tenant_id, memory_id, model_id, namespace, kind, valid_from, valid_to, expires_at,
        status, attempts, due_at, vector
    )
    SELECT tenant_id, id, %(model)s, namespace, kind, valid_from, valid_to, expires_at,
        CASE WHEN vector IS NULL THEN 'pending' ELSE 'ready' END,
        CASE WHEN vector IS NULL THEN 1 ELSE 0 END,
        CASE WHEN vector IS NULL THEN statement_timestamp() + make_interval(secs => %(pause)s) END,
        vector::halfvec
    FROM unchanged
    ON CONFLICT (memory_id, model_id) DO NOTHING
"""
_LEFT = """
    SELECT memory.id FROM memory_memory AS memory
    WHERE memory.id = ANY(%s) AND memory.deleted_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM memory_memoryembedding AS row WHERE row.memory_id = memory.id AND row.model_id = %s
    )
    ORDER BY memory.id LIMIT 1
"""
_MOVE = """
    UPDATE memory_embeddingmodel
    SET reached = %s, looked_at = looked_at + %s, lease_until = statement_timestamp() + make_interval(secs => %s),
        per_second = COALESCE(per_second + %s * (%s - per_second), %s)
    WHERE id = %s
"""


@dataclass(frozen=True)
class _Seen:
    id: UUID
    digest: bytes
    content: str | None
    """None: it has a row already."""


def is_at_end(model: EmbeddingModel) -> bool:
    """Whether every memory that there is has a row of the model; what is written from now on brings its own."""
    rest = _read(model, model.reached)
    return len(rest) < MOST_AT_ONCE and all(each.content is None for each in rest)


async def walk(budget_seconds: float) -> bool:
    """For so long, or until the end; whether the end was reached. At once, if nothing is being built or another walks.

    Where its embedder is away, it is left alone for a while.
    """
    model = await in_database_thread(_lease)
    embedder = workable([model]).get(model.id) if model else None
    if model is None or embedder is None:
        return False
    loop = asyncio.get_running_loop()
    deadline = loop.time() + budget_seconds
    place, pause, has_ended = model.reached, 0.0, False
    while loop.time() < deadline and not has_ended:
        began = loop.time()
        seen = await in_database_thread(_read, model, place)
        missing = [each for each in seen if each.content is not None]
        try:
            made = await make(embedder, [each.content or "" for each in missing]) if missing else Made({}, {})
        except Away as away:
            pause = away.pause_seconds
            break
        if made.is_all_refused and len(missing) > 1:
            # It takes nothing at all, so it is not the texts' fault.
            pause = resting.was_away(model.name)
            break
        reached = await in_database_thread(_keep, model, place, seen, made, loop.time() - began)
        if seen and reached == place:
            break
        place, has_ended = reached, len(seen) < MOST_AT_ONCE and (not seen or reached == seen[-1].id)
    await in_database_thread(_leave, model, place, pause)
    return has_ended


def _lease() -> EmbeddingModel | None:
    return next(iter(EmbeddingModel.objects.raw(_LEASE, [LEASE_SECONDS])), None)


def _leave(model: EmbeddingModel, place: UUID | None, pause_seconds: float) -> None:
    """Others may walk on after the pause; unless they do already."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, [pause_seconds, model.id, place])


def _read(model: EmbeddingModel, place: UUID | None) -> list[_Seen]:
    with platform(), connection.cursor() as cursor:
        # PostgreSQL cannot tell how few rows the policy hides, and would rather sort all that are left, each time.
        cursor.execute("SELECT set_config('enable_sort', 'off', true)")
        cursor.execute(_READ, [model.id, place or _LOWEST, MOST_AT_ONCE])
        return [_Seen(memory_id, bytes(digest), content) for memory_id, digest, content in cursor]


def _keep(model: EmbeddingModel, place: UUID | None, seen: Sequence[_Seen], made: Made, seconds: float) -> UUID | None:
    """Store what was made, and how far that is: before the first memory that has to be looked at again.

    Nothing is stored, and the place stays, when the model is not being built any more or somebody else has moved on.
    """
    if not seen:
        return place
    with platform(), connection.cursor() as cursor:
        cursor.execute(_HOLD, [model.id, place])
        if cursor.fetchone() is None:
            return place
        _put(cursor, model, [each for each in seen if each.content is not None], made)
        cursor.execute(_LEFT, [[each.id for each in seen], model.id])
        left = cursor.fetchone()
        done = [each for each in seen if left is None or each.id < left[0]]
        if not done:
            return place
        speed = len(done) / max(seconds, 0.001)
        cursor.execute(_MOVE, [done[-1].id, len(done), LEASE_SECONDS, _SMOOTHING, speed, speed, model.id])
        return done[-1].id


def _put(cursor: Any, model: EmbeddingModel, missing: Sequence[_Seen], made: Made) -> None:
    if not missing:
        return
    asked: dict[str, Any] = {
        "ids": [each.id for each in missing],
        "digests": [each.digest for each in missing],
        "vectors": [as_text(made.vectors[place]) if place in made.vectors else None for place in range(len(missing))],
        "model": model.id,
        "pause": PAUSES_SECONDS[0],
    }
    cursor.execute(_PUT, asked)
