"""Letting the next one of an order key come, when the one before it has ended."""

from uuid import UUID

from django.db import connection

# After the ending's own UPDATE, in a statement of its own: it sees whom a claim has set aside until then.
_NEXT = """
    UPDATE webhooks_webhookrun SET due_at = statement_timestamp()
    WHERE status = 'waiting' AND due_at IS NULL AND id = (
        SELECT following.id
        FROM webhooks_webhookrun AS ended JOIN webhooks_webhookrun AS following USING (route_id, order_key)
        WHERE ended.id = %s AND following.order_key <> '' AND following.status IN ('waiting', 'running')
        ORDER BY following.id LIMIT 1
    )
"""


def let_next_come(run_id: UUID) -> None:
    """In the transaction in which the run ended."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [run_id])
