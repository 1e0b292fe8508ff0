"""Taking memories that wait for a vector, and storing the vectors: nothing twice, and none of a content that is gone.

A claim is a row's `due_at`, put off by LEASE_SECONDS: it says when somebody else may take the row, and it is the token
without which nothing is stored. Whoever changes a memory's content puts it back to now, so what was made of the content
before does not fit any more. Who read the content just before such a change has another digest than the memory then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.tenancy import within
from integrations.embedding.base import Vector

LEASE_SECONDS = 90
"""Longer than an embedder takes for what is claimed at once. A killed process's claims come back after it."""
MOST_ATTEMPTS = 5
"""So often a text may be refused; then its vector has failed."""
PAUSES_SECONDS = (10.0, 60.0, 300.0, 1_800.0)
"""After the first refusal, the second, and so on."""

# All in one statement. The content may be of before a change that this waited for; its digest tells.
_DUE = "status = 'pending' ORDER BY due_at"
_NAMED = "memory_id = ANY(%(memories)s::uuid[]) AND vector IS NULL"
_CLAIM = """
    WITH found AS (
        SELECT id FROM memory_memoryembedding
        WHERE tenant_id = %(tenant)s AND due_at <= statement_timestamp()
            AND model_id = ANY(%(models)s) AND {which}
        LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE memory_memoryembedding AS row SET due_at = statement_timestamp() + make_interval(secs => %(lease)s)
        FROM found WHERE row.id = found.id
        RETURNING row.id, row.tenant_id, row.memory_id, row.model_id, row.due_at
    )
    SELECT claimed.*, memory.content, memory.content_digest
    FROM claimed JOIN memory_memory AS memory
        ON memory.tenant_id = claimed.tenant_id AND memory.id = claimed.memory_id AND memory.deleted_at IS NULL
    ORDER BY claimed.id
"""
# PostgreSQL cannot tell how few rows the policy hides, and would go through all that wait rather than look each up. So
# the ids are named twice, and what waits is not called pending but told by what it has: a time, and no vector.
_STORE = """
    UPDATE memory_memoryembedding AS row
    SET status = 'ready', vector = made.vector::halfvec, attempts = 0, due_at = NULL
    FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[], %(digests)s::bytea[], %(vectors)s::text[])
            AS made (id, lease, digest, vector),
        memory_memory AS memory
    WHERE row.id = ANY(%(ids)s) AND memory.id = ANY(%(memories)s)
        AND row.id = made.id AND row.vector IS NULL AND row.due_at = made.lease
        AND memory.tenant_id = row.tenant_id AND memory.id = row.memory_id
        AND memory.content_digest = made.digest AND memory.deleted_at IS NULL
    RETURNING row.id
"""
_RELEASE = """
    UPDATE memory_memoryembedding AS row SET due_at = statement_timestamp() + make_interval(secs => %(pause)s)
    FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[]) AS held (id, lease)
    WHERE row.id = ANY(%(ids)s) AND row.id = held.id AND row.vector IS NULL AND row.due_at = held.lease
"""
_REFUSE = """
    UPDATE memory_memoryembedding AS row
    SET attempts = attempts + 1,
        status = CASE WHEN attempts + 1 < %(most)s THEN 'pending' ELSE 'failed' END,
        due_at = statement_timestamp() + make_interval(secs => (%(pauses)s::float[])[attempts + 1])
    FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[]) AS held (id, lease)
    WHERE row.id = ANY(%(ids)s) AND row.id = held.id AND row.vector IS NULL AND row.due_at = held.lease
    RETURNING row.id, row.status
"""


@dataclass(frozen=True)
class Claim:
    """A vector that this process makes now."""

    row_id: int
    tenant_id: UUID
    memory_id: UUID
    model_id: int
    lease: datetime
    content: str
    digest: bytes


def claim(
    *, tenant_id: UUID, model_ids: Sequence[int], most: int, memory_ids: Collection[UUID] | None = None
) -> list[Claim]:
    """Up to `most` of the tenant's that are due, those that have waited longest; of `memory_ids` alone, if named."""
    asked: dict[str, Any] = {
        "tenant": tenant_id,
        "models": list(model_ids),
        "memories": list(memory_ids or ()),
        "most": most,
        "lease": LEASE_SECONDS,
    }
    with within(tenant_id), connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(which=_DUE if memory_ids is None else _NAMED), asked)
        return [
            Claim(row, tenant, memory, model, lease, content, bytes(digest))
            for row, tenant, memory, model, lease, content, digest in cursor
        ]


def store(claims: Sequence[Claim], vectors: Sequence[Vector]) -> set[int]:
    """The vectors of one tenant's claims, in their order; which rows have theirs now.

    One whose content has changed meanwhile is left for the next who looks.
    """
    if not claims:
        return set()
    with within(claims[0].tenant_id), connection.cursor() as cursor:
        made = {
            "memories": [each.memory_id for each in claims],
            "digests": [each.digest for each in claims],
            "vectors": [as_text(vector) for vector in vectors],
        }
        cursor.execute(_STORE, _held(claims) | made)
        stored = {row for (row,) in cursor}
        left = [each for each in claims if each.row_id not in stored]
        if left:
            cursor.execute(_RELEASE, _held(left) | {"pause": 0})
    return stored


def release(claims: Sequence[Claim], *, pause_seconds: float = 0) -> None:
    """Of one tenant: they can be taken again after that pause."""
    if claims:
        with within(claims[0].tenant_id), connection.cursor() as cursor:
            cursor.execute(_RELEASE, _held(claims) | {"pause": pause_seconds})


def refuse(claims: Sequence[Claim]) -> list[Claim]:
    """Of one tenant: their texts were refused. They wait for another attempt; answers with those that had the last."""
    if not claims:
        return []
    # There is no pause after the last one: a subscript beyond the end is null.
    asked = _held(claims) | {"most": MOST_ATTEMPTS, "pauses": list(PAUSES_SECONDS)}
    with within(claims[0].tenant_id), connection.cursor() as cursor:
        cursor.execute(_REFUSE, asked)
        failed = {row for row, status in cursor if status == "failed"}
    return [each for each in claims if each.row_id in failed]


def as_text(vector: Vector) -> str:
    """As pgvector reads it. Sixteen bits hold no more than four digits."""
    return f"[{','.join(format(number, '.6g') for number in vector)}]"


def _held(claims: Sequence[Claim]) -> dict[str, Any]:
    return {"ids": [each.row_id for each in claims], "leases": [each.lease for each in claims]}
