"""What the connection pool of this process says of itself, for `/metrics`: whoever needs PostgreSQL takes from it."""

from django.db import InterfaceError, OperationalError, connections
from prometheus_client import Counter, Gauge
from psycopg_pool import ConnectionPool, PoolTimeout

from accounts.metrics import PREFIX

AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised while PostgreSQL cannot be asked."""

BUSY = Gauge(
    f"{PREFIX}database_connections_busy", "Connections that are taken from their pool.", multiprocess_mode="livesum"
)
WAITING = Gauge(
    f"{PREFIX}database_connections_waiting", "Work that waits for a connection.", multiprocess_mode="livesum"
)
WAITS = Counter(f"{PREFIX}database_connection_waits", "Times that work had to wait for a connection.")
WAITED = Counter(f"{PREFIX}database_connection_wait_seconds", "How long it waited.")
REFUSED = Counter(f"{PREFIX}database_connection_refusals", "Work that got no connection, because none came in time.")


def tell_pool() -> None:
    """How it stands, and what has happened since this was called last."""
    pool: ConnectionPool = connections["default"].pool  # type: ignore[attr-defined]
    stats = pool.pop_stats()
    BUSY.set(stats["pool_size"] - stats["pool_available"])
    WAITING.set(stats["requests_waiting"])
    WAITS.inc(stats.get("requests_queued", 0))
    WAITED.inc(stats.get("requests_wait_ms", 0) / 1000)
    REFUSED.inc(stats.get("requests_errors", 0))
