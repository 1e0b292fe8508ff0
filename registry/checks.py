"""What would make the catalogue slow, approvals useless or artifacts vanish, found at start with an id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections

from accounts.approval_time import LONGEST_APPROVAL_SECONDS, SHORTEST_APPROVAL_SECONDS
from registry.artifacts.storage import try_storage

_LEAKY = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('jsonb_contains', 'jsonb_exists') AND NOT proleakproof
"""


def register() -> None:
    checks.register(check_json_indexes, checks.Tags.database)
    checks.register(check_approval_time)
    checks.register(check_artifacts_are_kept, checks.Tags.database)


def check_approval_time(**_: Any) -> list[checks.CheckMessage]:
    """Whether people have time to decide, and not for ever."""
    if SHORTEST_APPROVAL_SECONDS <= settings.APPROVAL_EXPIRES_SECONDS <= LONGEST_APPROVAL_SECONDS:
        return []
    return [
        checks.Error(
            f"APPROVAL_EXPIRES_SECONDS is {settings.APPROVAL_EXPIRES_SECONDS}: nobody can decide in such a time.",
            hint=f"Give {SHORTEST_APPROVAL_SECONDS} to {LONGEST_APPROVAL_SECONDS:,} seconds.",
            id="registry.E001",
        )
    ]


def check_json_indexes(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether searches by capability can use their indexes under row-level security."""
    if "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(_LEAKY)
            leaky = [name for (name,) in cursor.fetchall()]
    except DatabaseError:
        return []  # config.E001 says so
    if not leaky:
        return []
    return [
        checks.Warning(
            f"Searches by capability read all of a tenant's tools, because {' and '.join(leaky)} may leak.",
            hint="As a superuser run deploy/postgres-init.sql in the database; it matters from thousands of tools on.",
            id="registry.W001",
        )
    ]


def check_artifacts_are_kept(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether artifacts can be written, asked when the other servers are asked: by writing one."""
    if "default" not in (databases or ()):
        return []
    try:
        try_storage()
    except OSError as error:
        hint = (
            f"Check ARTIFACTS_S3_BUCKET, its credentials, and that `{settings.ARTIFACTS_S3_BUCKET}` is there."
            if settings.ARTIFACTS_S3_BUCKET
            else f"Let this process write to {settings.DATA_DIR / 'artifacts'}, or set ARTIFACTS_S3_BUCKET."
        )
        return [checks.Error(f"Artifacts cannot be written: {error}", hint=hint, id="registry.E003")]
    return []
