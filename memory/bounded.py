"""Bounding what one request takes of PostgreSQL: conditions may be such that each row takes long to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import OperationalError, connection
from psycopg.errors import QueryCanceled

from accounts.errors import Throttled
from accounts.tenancy import within

LONGEST_STATEMENT_MS = 20_000
"""After which PostgreSQL gives a statement up."""


@contextmanager
def bounded_within(tenant_id: UUID) -> Iterator[None]:
    """The tenant's scope, in which no statement takes longer than that. Raises Throttled."""
    with within(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_STATEMENT_MS)])
        try:
            yield
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            raise Throttled("This takes too long. Name a namespace, or ask for less in `where`.") from error
