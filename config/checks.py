"""What would break Quartermaster, found at start and said with an id and a hint.

`up` runs them before it migrates; `manage.py check --database default --database owner` runs them by hand.
"""

from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections

OLDEST_POSTGRES = 160000
OLDEST_PGVECTOR = (0, 8, 4)
SETUP = "As a superuser run: psql -d <the database> -f deploy/postgres-init.sql"

ROLE = """
SELECT current_user, rolsuper, rolbypassrls, has_schema_privilege(current_user, 'public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
PGVECTOR = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"


def register() -> None:
    checks.register(check_database, checks.Tags.database)
    checks.register(check_redis, checks.Tags.database)


def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Version, extension and role of each database that is asked about."""
    return [found for alias in databases or () for found in _check_alias(alias)]


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


def _check_alias(alias: str) -> list[checks.CheckMessage]:
    variable = "DATABASE_URL" if alias == "default" else "DATABASE_OWNER_URL"
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(PGVECTOR)
            pgvector = cursor.fetchone()
            cursor.execute(ROLE)
            role = cursor.fetchone()
            version = connections[alias].pg_version  # type: ignore[attr-defined]
    except DatabaseError as error:
        hint = f"Check {variable}. {SETUP}"
        return [checks.Error(f"PostgreSQL cannot be used as {alias}: {error}", hint=hint, id="config.E001")]
    found = [_judge_version(version), _judge_pgvector(pgvector and pgvector[0]), _judge_role(alias, *role)]
    return [message for message in found if message is not None]


def _judge_version(version: int) -> checks.CheckMessage | None:
    if version >= OLDEST_POSTGRES:
        return None
    return checks.Error(
        f"PostgreSQL {version // 10000} is too old.",
        hint="Quartermaster needs PostgreSQL 16 or newer.",
        id="config.E002",
    )


def _judge_pgvector(version: str | None) -> checks.CheckMessage | None:
    if version is None:
        return checks.Error("The database has no pgvector extension.", hint=SETUP, id="config.E003")
    if tuple(int(part) for part in version.split(".")) >= OLDEST_PGVECTOR:
        return None
    return checks.Error(
        f"pgvector {version} is too old.",
        hint="Install pgvector 0.8.4 or newer, then run: ALTER EXTENSION vector UPDATE",
        id="config.E004",
    )


def _judge_role(
    alias: str, role: str, is_superuser: bool, steps_around_rls: bool, may_create: bool
) -> checks.CheckMessage | None:
    if is_superuser or steps_around_rls:
        power = "a superuser" if is_superuser else "allowed to bypass row-level security"
        return checks.Error(
            f"The role {role} is {power}, so nothing would keep tenants apart in the database.",
            hint=f"Connect as qm_app (DATABASE_URL) and qm_owner (DATABASE_OWNER_URL). {SETUP}",
            id="config.E005",
        )
    if alias == "owner" and not may_create:
        return checks.Error(
            f"The role {role} may not create tables in the schema public, so migrations cannot run.",
            hint=f"Set DATABASE_OWNER_URL to the role qm_owner. {SETUP}",
            id="config.E006",
        )
    if alias == "default" and may_create:
        return checks.Warning(
            f"The role {role} serves requests and may also change tables.",
            hint=f"Serve as qm_app and migrate as qm_owner (DATABASE_OWNER_URL). {SETUP}",
            id="config.W007",
        )
    return None
