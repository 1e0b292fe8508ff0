"""Taking connections away, so that nobody gets one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[psycopg.Connection]


def own_pool() -> Pool:
    """This process's, with this thread's connection given back."""
    connection.close()
    found: Pool = connections["default"].pool  # type: ignore[attr-defined]
    return found


@contextmanager
def exhausted(pool: Pool) -> Iterator[list[psycopg.Connection]]:
    """All that there are, but those that somebody else has; what is left in the list is given back."""
    stats = pool.get_stats()
    others = stats["pool_size"] - stats["pool_available"]
    taken = [pool.getconn() for _ in range(settings.DATABASE_POOL_SIZE - others)]
    try:
        yield taken
    finally:
        for each in taken:
            pool.putconn(each)
