"""Statements that every call makes: PostgreSQL reads and plans them once for a connection, not once for a call.

Everything else binds its parameters in the client, as Django does by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


class _Returning(Cursor[Any]):
    """Keeps the rows of each of many executions: the next one's come with `nextset`."""

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        super().executemany(query, params_seq, returning=True)


class _Logged(_Returning):
    """Keeps what it has executed where Django's log of queries looks for it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        super().execute(query, params, **options)
        self._query = self._convert_query(query, params)
        return self


@contextmanager
def prepared() -> Iterator[CursorWrapper]:
    """A cursor for them. Parameters that may be of several types need a cast: PostgreSQL does not see their values.

    The connection's `prepare_threshold` (config/settings.py) says that a statement is prepared when it is first used.
    """
    connection.ensure_connection()
    is_logged = connection.queries_logged
    kind, wrap = (_Logged, connection.make_debug_cursor) if is_logged else (_Returning, connection.make_cursor)
    cursor: Any = kind(connection.connection)
    with wrap(cursor) as wrapped:
        yield wrapped
