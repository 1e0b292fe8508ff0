"""What would break Quartermaster, found at start and said with an id and a hint.

`up` runs them before it migrates; `manage.py check --database default --database owner` runs them by hand.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

OLDEST_POSTGRES = 160000
OLDEST_PGVECTOR = (0, 8, 4)
SETUP = "As a superuser run: psql -d <the database> -f deploy/postgres-init.sql"

ROLE = """
SELECT current_user, rolsuper, rolbypassrls, has_schema_privilege(current_user, 'public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
PGVECTOR = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"


@dataclass(frozen=True)
class Role:
    """The role of a connection, in the order of the columns of ROLE."""

    name: str
    is_superuser: bool
    bypasses_row_level_security: bool
    # Whether it may create tables in the schema public.
    may_create: bool

    @property
    def steps_around_tenants(self) -> bool:
        return self.is_superuser or self.bypasses_row_level_security


def register() -> None:
    checks.register(check_database, checks.Tags.database)
    checks.register(check_redis, checks.Tags.database)


def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Version, extension and role of each database that is asked about."""
    found = []
    for alias in databases or ():
        with closing(_connect_without_pool(alias)) as connection:
            found += examine(connection, migrates=alias == "owner")
    return found


def check_redis(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    if "default" not in (databases or ()):
        return []
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        hint = "Check REDIS_URL, and that a Valkey or Redis 7 or newer listens there."
        return [checks.Error(f"Valkey cannot be reached: {error}", hint=hint, id="config.E010")]
    return []


def _connect_without_pool(alias: str) -> BaseDatabaseWrapper:
    """A pool would say only that it waited too long, and not what the server answered."""
    config = {**settings.DATABASES[alias]}
    config["OPTIONS"] = {name: value for name, value in config.get("OPTIONS", {}).items() if name != "pool"}
    return ConnectionHandler({DEFAULT_DB_ALIAS: config})[DEFAULT_DB_ALIAS]


def examine(connection: BaseDatabaseWrapper, *, migrates: bool) -> list[checks.CheckMessage]:
    """What is wrong with one database, seen through the role that uses it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(PGVECTOR)
            pgvector = cursor.fetchone()
            cursor.execute(ROLE)
            role = Role(*cursor.fetchone())
            version = connection.pg_version  # type: ignore[attr-defined]
    except (DatabaseError, ImproperlyConfigured) as error:
        hint = f"Check {'DATABASE_OWNER_URL' if migrates else 'DATABASE_URL'}. {SETUP}"
        return [checks.Error(f"PostgreSQL cannot be used: {error}", hint=hint, id="config.E001")]
    judge_role = judge_migrating_role if migrates else judge_serving_role
    found = [judge_version(version), judge_pgvector(pgvector[0] if pgvector else None), judge_role(role)]
    return [message for message in found if message is not None]


def judge_version(version: int) -> checks.CheckMessage | None:
    if version >= OLDEST_POSTGRES:
        return None
    return checks.Error(
        f"PostgreSQL {version // 10000} is too old.",
        hint="Quartermaster needs PostgreSQL 16 or newer.",
        id="config.E002",
    )


def judge_pgvector(version: str | None) -> checks.CheckMessage | None:
    if version is None:
        return checks.Error("The database has no pgvector extension.", hint=SETUP, id="config.E003")
    if tuple(int(part) for part in version.split(".")) >= OLDEST_PGVECTOR:
        return None
    return checks.Error(
        f"pgvector {version} is too old.",
        hint="Install pgvector 0.8.4 or newer, then run: ALTER EXTENSION vector UPDATE",
        id="config.E004",
    )


def judge_migrating_role(role: Role) -> checks.CheckMessage | None:
    if role.may_create or role.steps_around_tenants:
        return _refuse_power(role)
    return checks.Error(
        f"The role {role.name} may not create tables in the schema public, so migrations cannot run.",
        hint=f"Set DATABASE_OWNER_URL to the role qm_owner. {SETUP}",
        id="config.E006",
    )


def judge_serving_role(role: Role) -> checks.CheckMessage | None:
    if role.steps_around_tenants or not role.may_create:
        return _refuse_power(role)
    return checks.Warning(
        f"The role {role.name} serves requests and may also change tables.",
        hint=f"Serve as qm_app (DATABASE_URL) and migrate as qm_owner (DATABASE_OWNER_URL). {SETUP}",
        id="config.W007",
    )


def _refuse_power(role: Role) -> checks.CheckMessage | None:
    if not role.steps_around_tenants:
        return None
    power = "a superuser" if role.is_superuser else "allowed to bypass row-level security"
    return checks.Error(
        f"The role {role.name} is {power}, so nothing in the database would keep tenants apart.",
        hint=f"Connect as qm_app (DATABASE_URL) and qm_owner (DATABASE_OWNER_URL). {SETUP}",
        id="config.E005",
    )
