"""Seeing in PostgreSQL that somebody waits, so that a test of two at once need not guess when."""

from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Made = TypeVar("Made")

_WAITERS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction the view would stay as it was first seen.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_WAITERS)
        return cursor.fetchone() is not None


def in_another_connection(work: Callable[[], Made]) -> Made:
    """For a thread of its own, whose connection it closes."""
    try:
        return work()
    finally:
        connection.close()
