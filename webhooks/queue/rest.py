"""Routes rest while their tool's circuit is open: each run would only be refused, and use up an attempt.

Afterwards a single run tries it. When one succeeds, as many as the route allows go on.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from webhooks.models import WebhookRoute

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)
"""A circuit may be closed by hand before its time."""


def let_rest(route_id: UUID, seconds: float | None) -> None:
    """Inside the tenant's scope. Not where it calls for end users: each of them may have a circuit of their own."""
    rest = min(max(timedelta(seconds=seconds or 0), SHORTEST), LONGEST)
    awake = Q(rests_until=None) | Q(rests_until__lt=Now() + rest / 2)
    WebhookRoute.objects.filter(awake, id=route_id, end_user="").update(rests_until=Now() + rest)


def end_rest(route_id: UUID) -> None:
    """Its tool works again. Not before its time is over: what ends until then may have begun before its rest."""
    WebhookRoute.objects.filter(id=route_id, rests_until__lte=Now()).update(rests_until=None)
