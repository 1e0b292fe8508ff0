"""What every test stands on. The servers are started by `tests/servers.py`; who is who stands in `tests/cast.py`."""

from collections.abc import Iterator

import django.test
import psycopg
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.servers import Servers, servers_key

pytest_plugins = [
    "tests.upstream",
    "tests.vendors",
    "tests.web",
    "tests.cast",
    "tests.catalogue",
    "tests.corridor",
    "tests.connections",
    "tests.browsing",
    "tests.storages",
    "tests.savings",
    "tests.schedule",
]

# One statement, as superuser: neither row-level security, foreign keys nor triggers get in its way. A small
# table is emptied faster row by row, a large one by TRUNCATE. What migrations made stays: tests count on it.
EMPTY_ALL_TABLES = """
DO $$
DECLARE
    name regclass;
    filled boolean;
BEGIN
    FOR name IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
          AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        IF pg_relation_size(name) > 64 * 8192 THEN
            EXECUTE format('TRUNCATE %s CASCADE', name);
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', name) INTO filled;
            IF filled THEN
                EXECUTE format('DELETE FROM %s', name);
            END IF;
        END IF;
    END LOOP;
END
$$
"""


class Sweeper:
    """Empties what a committed test left behind in PostgreSQL and Valkey."""

    def __init__(self, database: psycopg.Connection, cache: redis.Redis) -> None:
        self.database = database
        self.cache = cache
        database.execute("SET session_replication_role = replica")
        database.execute("SET lock_timeout = '10s'")

    def sweep(self) -> None:
        self.database.execute(EMPTY_ALL_TABLES)
        self.cache.flushall()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    return request.config.stash[servers_key]


@pytest.fixture(scope="session")
def django_db_setup(servers: Servers, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Migrate the run's own database once. No second database is made beside it."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
    database, cache = servers.connect_as_superuser(), redis.Redis.from_url(settings.REDIS_URL)
    with database, cache, pytest.MonkeyPatch.context() as patch:
        # Django would flush as qm_app, which may not, and re-emit post_migrate after every test.
        sweeper = Sweeper(database, cache)
        patch.setattr(django.test.TransactionTestCase, "_fixture_teardown", lambda case: sweeper.sweep())
        yield
    with django_db_blocker.unblock():
        _close_connections()


def _close_connections() -> None:
    for alias in connections:
        connections[alias].close()
        if "pool" in connections[alias].settings_dict.get("OPTIONS", {}):
            connections[alias].close_pool()  # type: ignore[attr-defined]
