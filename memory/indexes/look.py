"""Looking at how many vectors there are, which indexes are known, and which PostgreSQL has."""

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.tenancy import platform
from memory.indexes.facts import PREFIX, Facts, Found, Known
from memory.models import EmbeddingModel, IndexState, MemoryCount, MemoryEmbedding, ModelState, VectorIndex

_FOUND = """
    SELECT indexed.relname, pg_index.indisvalid AND pg_index.indisready, pg_relation_size(indexed.oid)
    FROM pg_index JOIN pg_class AS indexed ON indexed.oid = pg_index.indexrelid
    WHERE pg_index.indrelid = %s::regclass AND starts_with(indexed.relname, %s)
"""


def look() -> Facts:
    """As the role that serves: it may see all of this, in the platform's scope."""
    with platform():
        return Facts(
            models={pk: ModelState(state) for pk, state in EmbeddingModel.objects.values_list("id", "state")},
            vectors=_vectors(),
            known={(row.model_id, row.tenant_id): _known(row) for row in VectorIndex.objects.all()},
            found=_found(),
        )


def _vectors() -> dict[tuple[int, UUID], int]:
    rows = MemoryCount.objects.exclude(model_id=None).values_list("model_id", "tenant_id")
    return {
        (model_id, tenant_id): number
        for model_id, tenant_id, number in rows.annotate(sum=Sum("number")).values_list("model_id", "tenant_id", "sum")
        if model_id is not None
    }


def _known(row: VectorIndex) -> Known:
    now = timezone.now()
    return Known(
        state=IndexState(row.state),
        rows=row.rows,
        rows_built=row.rows_built,
        bytes_built=row.bytes_built,
        age=now - row.created_at,
        attempts=row.attempts,
        tried=now - row.tried_at if row.tried_at else timedelta.max,
    )


def _found() -> dict[str, Found]:
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [MemoryEmbedding._meta.db_table, PREFIX])
        return {name: Found(is_valid, size) for name, is_valid, size in cursor}
