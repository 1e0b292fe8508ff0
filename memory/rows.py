"""Writing many rows of a table by one statement with one parameter, which hardly grows dearer with their number."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models


def insert_rows(kind: type[models.Model], rows: Sequence[models.Model]) -> set[Any]:
    """The primary keys of those that were written: what breaks a unique constraint is left out.

    They are written in the order that is given. Raises as `save` does.
    """
    if not rows:
        return set()
    given = [{field.column: _told(field.pre_save(row, True)) for field in _fields(kind)} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_statement(kind), [json.dumps(given, ensure_ascii=False)])
        return {key for (key,) in cursor.fetchall()}


@cache
def _fields(kind: type[models.Model]) -> list[Any]:
    """Those that PostgreSQL does not make itself."""
    fields = kind._meta.concrete_fields
    return [field for field in fields if not field.generated and not isinstance(field, models.AutoField)]


@cache
def _statement(kind: type[models.Model]) -> str:
    """PostgreSQL reads each value as what its column is: a time from its text, a vector from its numbers."""
    table, fields = kind._meta.db_table, _fields(kind)
    key = kind._meta.pk.column
    names = ", ".join(f'"{field.column}"' for field in fields)
    types = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    return (
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS given ({types}) '  # noqa: S608  names of models alone
        f'ON CONFLICT DO NOTHING RETURNING "{key}"'
    )


def _told(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    return value
