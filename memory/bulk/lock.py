"""What must not begin at the same moment: an import, and an erasure of what it might bring back."""

from uuid import UUID

from django.db import connection


def lock_bulk(tenant_id: UUID) -> None:
    """Until the transaction ends, no other import or erasure of the tenant begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"memory-bulk:{tenant_id}"])
