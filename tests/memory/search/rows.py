"""Memories and vectors as tests of searches want them: stored as they are, in the scope that is open."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.db import connection

from accounts.models import Tenant
from memory.models import EmbeddingModel, EmbeddingStatus, Memory, MemoryEmbedding, MemoryLink, ModelState, Trust

DIMENSIONS = 8


def make_model(
    name: str = "words-8", *, dimensions: int = DIMENSIONS, state: str = ModelState.ACTIVE
) -> EmbeddingModel:
    return EmbeddingModel.objects.create(name=name, dimensions=dimensions, state=state)


def remember(
    tenant: Tenant,
    content: str,
    *,
    model: EmbeddingModel | None = None,
    vector: Sequence[float] | None = None,
    **facts: Any,
) -> Memory:
    """A memory; with a model and a vector, one that searches compare."""
    facts = {"namespace": "default/", "trust": Trust.TRUSTED, "created_by": "tests", **facts}
    memory: Memory = Memory.objects.create(
        tenant=tenant, content=content, content_digest=sha256(content.encode()).digest(), **facts
    )
    if model is not None and vector is not None:
        MemoryEmbedding.objects.create(
            tenant=tenant,
            memory=memory,
            model=model,
            status=EmbeddingStatus.READY,
            vector=list(vector),
            **{name: getattr(memory, name) for name in ("namespace", "kind", "valid_from", "valid_to", "expires_at")},
        )
    return memory


def link(tenant: Tenant, one: Memory, other: Memory, *, weight: float = 1.0, type: str = "about") -> MemoryLink:  # noqa: A002  as the model names it
    return MemoryLink.objects.create(
        tenant=tenant, from_memory=one, to_memory=other, weight=weight, type=type, created_by="tests"
    )


def along(*values: float) -> list[float]:
    """A vector that begins with these numbers."""
    return [*values, *[0.0] * (DIMENSIONS - len(values))]


def remember_many(tenant: Tenant, model: EmbeddingModel, number: int, *, namespace: str = "many/") -> None:
    """So many that PostgreSQL makes them itself: `memory 1` and so on, each with a vector of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO memory_memory
                    (id, tenant_id, namespace, kind, content, content_digest, metadata, tags, source, trust, end_user,
                     version, created_by, created_at, updated_at, deleted_by)
                SELECT gen_random_uuid(), %s, %s, 'fact', 'memory ' || n, sha256(('memory ' || n)::bytea),
                       jsonb_build_object('n', n), '{}', '', 'trusted', '', 1, 'tests', now(), now(), ''
                FROM generate_series(1, %s) AS n
                RETURNING id, tenant_id, namespace
            )
            INSERT INTO memory_memoryembedding
                (tenant_id, memory_id, model_id, namespace, kind, status, attempts, vector)
            SELECT tenant_id, id, %s, namespace, 'fact', 'ready', 0,
                   (SELECT array_agg(random() - 0.5) FROM generate_series(1, %s) WHERE made.id IS NOT NULL)
                   ::vector::halfvec
            FROM made
            """,
            [tenant.id, namespace, number, model.id, DIMENSIONS],
        )
