"""Leases in PostgreSQL: whoever does not extend theirs is taken for gone."""

from django.db import connection

_UP_LONG_ENOUGH = "SELECT statement_timestamp() - pg_postmaster_start_time() > make_interval(secs => %s)"


def could_be_extended(lease_seconds: float) -> bool:
    """Whether PostgreSQL has been there for the length of a lease: while it was away nobody could extend theirs."""
    with connection.cursor() as cursor:
        cursor.execute(_UP_LONG_ENOUGH, [lease_seconds])
        return bool(cursor.fetchone()[0])
