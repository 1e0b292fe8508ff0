"""What would make searches slow under row-level security, found at start with an id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError, connections

LEAKPROOF = ("arraycontains", "arrayoverlap", "jsonb_contains", "jsonb_exists", "ts_match_vq")
"""PostgreSQL's functions that deploy/postgres-init.sql says are leakproof: behind `@>`, `&&`, `?` and `@@`."""

_LEAKY = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%s) AND NOT proleakproof ORDER BY proname
"""


def register() -> None:
    checks.register(check_indexes_serve, checks.Tags.database)


def check_indexes_serve(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether searches by capability, tag and word can use their indexes under row-level security."""
    if "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(_LEAKY, [list(LEAKPROOF)])
            leaky = [name for (name,) in cursor.fetchall()]
    except DatabaseError:
        return []  # config.E001 says so
    if not leaky:
        return []
    return [
        checks.Warning(
            f"Searches by capability, tag or word read all that a tenant has, because {', '.join(leaky)} may leak.",
            hint="As a superuser run deploy/postgres-init.sql in the database; it matters from thousands of rows on.",
            id="accounts.W001",
        )
    ]
