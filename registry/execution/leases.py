"""How long a process may be silent before its executions are somebody else's. One clock for all: PostgreSQL's."""

from datetime import timedelta

from django.conf import settings
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


def lease() -> CombinedExpression:
    """The end of a lease that begins now, to be written."""
    return Now() + timedelta(seconds=settings.EXECUTION_LEASE_SECONDS)
