"""Writing several new rows of a tenant in one statement: scope, rows and commit in one round trip.

The hot path's durable write. Each row goes in under row-level security like any other: its INSERT takes its values
from the one that sets the scope, so the scope stands before the policy is asked.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.sql import Query

from accounts.tenancy import Scope, restore_scope


def insert_together(tenant_id: UUID, *rows: models.Model) -> None:
    """All rows or none. Raises IntegrityError as `save` would; defaults of the models are filled in, no other.

    A value may be an expression, such as `Now()`.
    """
    written = [_written(row) for row in rows]
    statement = _statement(tuple((type(row), places) for row, (places, _) in zip(rows, written, strict=True)))
    values = [Scope(tenant_id).setting, *(value for _, parameters in written for value in parameters)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    if connection.in_atomic_block:
        restore_scope()


def _written(row: models.Model) -> tuple[tuple[str, ...], list[Any]]:
    """What stands in the place of each value, and the parameters of it."""
    places, parameters = [], []
    for field in row._meta.concrete_fields:
        value = field.pre_save(row, add=True)
        if hasattr(value, "resolve_expression"):
            place, more = _compiled(type(row), value)
        else:
            place, more = "%s", [field.get_db_prep_save(value, connection)]
        places.append(place)
        parameters += more
    return tuple(places), parameters


def _compiled(kind: type[models.Model], expression: Any) -> tuple[str, list[Any]]:
    query = Query(kind)
    resolved = expression.resolve_expression(query, allow_joins=False, for_save=True)
    place, parameters = query.get_compiler(connection=connection).compile(resolved)
    return place, list(parameters)


@lru_cache(maxsize=64)
def _statement(rows: tuple[tuple[type[models.Model], tuple[str, ...]], ...]) -> str:
    inserts = ", ".join(f"row_{number} AS ({_insert(kind, places)})" for number, (kind, places) in enumerate(rows))
    scope = "scope AS MATERIALIZED (SELECT set_config('qm.tenant', %s, true))"
    return f"WITH {scope}, {inserts} SELECT 1"


def _insert(kind: type[models.Model], places: tuple[str, ...]) -> str:
    names = ", ".join(f'"{field.column}"' for field in kind._meta.concrete_fields)
    return f'INSERT INTO "{kind._meta.db_table}" ({names}) SELECT {", ".join(places)} FROM scope'  # noqa: S608  as above
