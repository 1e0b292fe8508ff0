"""How long a holder may be silent before what it holds is given to another one. One clock for all: PostgreSQL's."""

from collections.abc import Collection

from django.conf import settings
from django.db import connection

from accounts.tenancy import platform
from webhooks.queue.kinds import Kind
from webhooks.queue.types import Taken

# In the order of `webhooks/queue/success.py`: the two must not wait for each other in a circle.
_EXTEND = """
    WITH mine AS MATERIALIZED (
        SELECT row.id FROM {table} AS row JOIN unnest(%s::uuid[], %s::int[]) AS held (id, taken) USING (id)
        WHERE row.taken = held.taken AND row.status = 'running' ORDER BY row.id FOR NO KEY UPDATE OF row
    )
    UPDATE {table} SET lease_until = statement_timestamp() + make_interval(secs => %s)
    WHERE id IN (SELECT id FROM mine)
"""


def extend(kind: Kind, held: Collection[Taken]) -> int:
    """Extend all leases in one statement; returns how many are still theirs. The endings of the others are fenced."""
    with platform(), connection.cursor() as cursor:
        columns = [each.id for each in held], [each.taken for each in held]
        cursor.execute(_EXTEND.format(table=kind.table), [*columns, settings.WEBHOOK_LEASE_SECONDS])
        return int(cursor.rowcount)
