"""Making and removing PostgreSQL's indexes, as the role that owns the tables, beside everything else that goes on.

Nothing here runs in a transaction, and no writer waits: each is CONCURRENTLY. A building that is killed leaves an
index that PostgreSQL calls invalid, or goes on without whoever began it, since PostgreSQL does the work.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connections
from psycopg import sql

from memory.indexes.facts import Owner, name_of
from memory.models import EmbeddingModel, MemoryEmbedding

M = 16
"""How many neighbours a vector is linked with in the graph, twice as many at the bottom."""
EF_CONSTRUCTION = 128
"""How many candidates are looked at for them: with fewer, some that are unlike all others are never led to."""
LEAST_MB, MOST_MB = 64, 4_096
"""Memory for a building where MEMORY_INDEX_BUILD_MB says nothing: an eighth of this machine's, within these."""
BYTES_BESIDES = 1_000
"""That a vector takes in the graph besides its numbers, two bytes each, while that is built."""

_TABLE = MemoryEmbedding._meta.db_table
# A session's lock: PostgreSQL gives it back when its backend is gone, and no sooner. So a building whose process was
# killed keeps others away until it has come to its end.
_LOCK = (0x51_4D_07, 0)
_OWNS = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass"
_CREATE = """
    CREATE INDEX CONCURRENTLY {name} ON {table} USING hnsw ((vector::halfvec({dimensions})) halfvec_cosine_ops)
    WITH (m = {m}, ef_construction = {ef}) WHERE {where}
"""


def may_build() -> bool:
    """Whether this process has the owner's rights: DATABASE_OWNER_URL may be set for migrations alone."""
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute(_OWNS, [_TABLE])
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else in the installation builds, and nobody will inside the block. Its connection ends with it."""
    owner = connections["owner"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
            yield bool(cursor.fetchone()[0])
            # Or it would be held until the backend has noticed that nobody talks to it any more.
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        owner.close()


def create(owner: Owner, model: EmbeddingModel, *, rows: int, in_parallel: bool) -> None:
    """Takes minutes for a million. Raises DatabaseError."""
    _prepare(rows, model.dimensions, in_parallel=in_parallel)
    _run(
        sql.SQL(_CREATE).format(
            name=sql.Identifier(name_of(owner)),
            table=sql.Identifier(_TABLE),
            dimensions=sql.Literal(model.dimensions),
            m=sql.Literal(M),
            ef=sql.Literal(EF_CONSTRUCTION),
            where=_where(owner),
        )
    )


def rebuild(name: str, *, rows: int, dimensions: int, in_parallel: bool) -> None:
    """The old one serves until the new one takes its place. Raises DatabaseError."""
    _prepare(rows, dimensions, in_parallel=in_parallel)
    _run(sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.Identifier(name)))


def drop(name: str) -> None:
    """Waits for whoever uses it. Raises DatabaseError."""
    _run(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name)))


def megabytes_for(rows: int, dimensions: int) -> int:
    """What a building may take: no more than the settings allow, and than it needs, with a fifth to spare."""
    allowed = settings.MEMORY_INDEX_BUILD_MB or _eighth_of_memory()
    needed = rows * (2 * dimensions + BYTES_BESIDES) * 6 // 5 // 1_000_000
    return min(allowed, max(needed, LEAST_MB))


def _eighth_of_memory() -> int:
    all_of_it = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    return min(max(all_of_it // 8, LEAST_MB), MOST_MB)


def _where(owner: Owner) -> sql.Composable:
    model_id, tenant_id = owner
    own = sql.SQL(" AND tenant_id = {}").format(sql.Literal(tenant_id)) if tenant_id else sql.SQL("")
    return sql.SQL("model_id = {}{} AND status = 'ready'").format(sql.Literal(model_id), own)


def _prepare(rows: int, dimensions: int, *, in_parallel: bool) -> None:
    """A second process helps; they share memory, of which a container may have too little."""
    settled = {
        "maintenance_work_mem": f"{megabytes_for(rows, dimensions)}MB",
        "max_parallel_maintenance_workers": str(int(in_parallel)),
        "statement_timeout": "0",
        "lock_timeout": "0",
    }
    with connections["owner"].cursor() as cursor:
        for name, value in settled.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])


def _run(statement: sql.Composed) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
