"""Writing several new rows of a tenant in one statement: scope, rows and commit in one round trip.

The hot path's durable write. Each row goes in under row-level security like any other: its INSERT takes its values
from the one that sets the scope, so the scope stands before the policy is asked. What is written at the same moment
shares a round trip and a transaction, whoever's it is.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any, TypeAlias
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.sql import Query

from accounts.offload import in_database_thread
from accounts.prepared import prepared
from accounts.tenancy import Scope, restore_scope
from accounts.together import Together

MOST_AT_ONCE = 50

_AS_THEY_ARE = frozenset({bool, datetime, int, NoneType, str, UUID})
"""What psycopg sends without help. Most values are: asking their fields took half of the time of a write."""
_LENGTH = re.compile(r"\(.*?\)")
"""Of a type: `varchar(64)`, `varchar(64)[]`, `numeric(10, 2)`."""

Party: TypeAlias = tuple[UUID, tuple[models.Model, ...]]
"""A tenant, and rows of theirs that are written all or none."""


def insert_together(tenant_id: UUID, *rows: models.Model) -> None:
    """All rows or none. Raises IntegrityError as `save` would; defaults of the models are filled in, no other.

    A value may be an expression, such as `Now()`.
    """
    with prepared() as cursor:
        cursor.execute(*_prepared((tenant_id, rows)))
    if connection.in_atomic_block:
        restore_scope(Scope(tenant_id))


async def insert_with_others(tenant_id: UUID, *rows: models.Model) -> None:
    """The same outside any transaction, along with what others write at this moment. Written when it returns."""
    await _shared_trips((tenant_id, rows))


def insert_parties(parties: Sequence[Party]) -> list[Exception | None]:
    """Parties of the same shape in one transaction; singly where one of them cannot be written: why, for each."""
    by_statement: dict[str, list[tuple[int, list[Any]]]] = {}
    for number, party in enumerate(parties):
        statement, values = _prepared(party)
        by_statement.setdefault(statement, []).append((number, values))
    became: dict[int, bool | Exception] = {}
    for statement, asked in by_statement.items():
        became |= _insert_alike(statement, asked)
    return [why if isinstance(why := became[number], Exception) else None for number in range(len(parties))]


def insert_unless_there(rows: Sequence[models.Model]) -> list[bool | Exception]:
    """Rows of the same kind, of whatever tenants, in one transaction: whether each was written, or why it cannot be.

    One that breaks a unique constraint is left out; also when another process has written the other at this moment.
    Whoever may be writing the same ones elsewhere passes them in an order that all keep to, lest they wait in a circle.
    """
    asked = []
    for number, row in enumerate(rows):
        statement, values = _prepared((row.tenant_id, (row,)), unless_there=True)  # type: ignore[attr-defined]
        asked.append((number, values))
    became = _insert_alike(statement, asked) if asked else {}
    return [became[number] for number in range(len(rows))]


def _insert_alike(statement: str, asked: Sequence[tuple[int, list[Any]]]) -> dict[int, bool | Exception]:
    """Sent in one go, as one implicit transaction: https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html"""
    try:
        with prepared() as cursor:
            if len(asked) == 1:
                cursor.execute(statement, asked[0][1])  # a pipeline for one costs more
            else:
                cursor.executemany(statement, [values for _, values in asked])
            return {number: bool(written) for (number, _), written in zip(asked, _counts(cursor), strict=True)}
    except Error as error:
        if len(asked) == 1 or isinstance(error, OperationalError | InterfaceError):
            return {number: error for number, _ in asked}
        return {number: why for each in asked for number, why in _insert_alike(statement, [each]).items()}


def _counts(cursor: CursorWrapper) -> Iterator[int]:
    """What each execution of a statement has answered."""
    more: bool | None = True
    while more:
        yield cursor.fetchone()[0]
        more = cursor.nextset()


async def _insert_parties(parties: Sequence[Party]) -> Sequence[Exception | None]:
    return await in_database_thread(insert_parties, parties)


_shared_trips: Together[Party, None] = Together(_insert_parties, most=MOST_AT_ONCE, at_once=4)


def _prepared(party: Party, *, unless_there: bool = False) -> tuple[str, list[Any]]:
    tenant_id, rows = party
    written = [_written(row) for row in rows]
    shapes = tuple((type(row), places) for row, (places, _) in zip(rows, written, strict=True))
    statement = _statement(shapes, unless_there)
    return statement, [Scope(tenant_id).setting, *(value for _, parameters in written for value in parameters)]


def _written(row: models.Model) -> tuple[tuple[str, ...], list[Any]]:
    """What stands in the place of each value, and the parameters of it."""
    places, parameters = [], []
    for field, plain in _columns(type(row)):
        value, place = field.pre_save(row, add=True), plain
        if type(value) in _AS_THEY_ARE and not isinstance(field, models.JSONField):
            parameters.append(value)
        elif hasattr(value, "resolve_expression"):
            place, more = _compiled(type(row), value)
            parameters += more
        else:
            parameters.append(field.get_db_prep_save(value, connection))
        places.append(place)
    return tuple(places), parameters


@lru_cache(maxsize=64)
def _columns(kind: type[models.Model]) -> tuple[tuple[Any, str], ...]:
    """The fields that are written, and what stands in the place of a plain value of each.

    What the database works out itself is not. The cast has no length: it would cut what is too long, and that has to be
    refused.
    """
    fields = [field for field in kind._meta.concrete_fields if not field.generated]
    return tuple((field, f"%s::{_LENGTH.sub('', field.db_type(connection) or '')}") for field in fields)


def _compiled(kind: type[models.Model], expression: Any) -> tuple[str, list[Any]]:
    query = Query(kind)
    resolved = expression.resolve_expression(query, allow_joins=False, for_save=True)
    place, parameters = query.get_compiler(connection=connection).compile(resolved)
    return place, list(parameters)


@lru_cache(maxsize=64)
def _statement(rows: tuple[tuple[type[models.Model], tuple[str, ...]], ...], unless_there: bool) -> str:
    """Its answer says whether the first row was written."""
    how = " ON CONFLICT DO NOTHING RETURNING 1" if unless_there else " RETURNING 1"
    inserts = ", ".join(f"row_{number} AS ({_insert(kind, places)}{how})" for number, (kind, places) in enumerate(rows))
    scope = "scope AS MATERIALIZED (SELECT set_config('qm.tenant', %s, true))"
    return f"WITH {scope}, {inserts} SELECT count(*) FROM row_0"  # noqa: S608  names of models alone


def _insert(kind: type[models.Model], places: tuple[str, ...]) -> str:
    names = ", ".join(f'"{field.column}"' for field, _ in _columns(kind))
    return f'INSERT INTO "{kind._meta.db_table}" ({names}) SELECT {", ".join(places)} FROM scope'  # noqa: S608  as above
