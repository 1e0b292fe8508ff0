"""Finding events: what a list, a page and a replay may ask for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from psycopg.errors import QueryCanceled

from accounts.errors import Fault, Invalid
from accounts.ids import first_id_at
from webhooks.models import WebhookEvent
from webhooks.models.event import WebhookEventQuerySet

PATIENCE_MS = 5_000
LONGEST_SEARCH = 200
SAME = {
    "status": "status",
    "reason": "reason",
    "routing": "routing",
    "origin": "origin",
    "external_id": "external_id",
    "source": "source__slug",
    "duplicate_of": "duplicate_of",
}


def find_events(wanted: Mapping[str, Any]) -> WebhookEventQuerySet:
    """The scope's events, newest first: those that are all that `wanted` says.

    Besides SAME: `type`, at whose end `*` stands for any letters; `since` and `until`, when it was received; `search`,
    a text within what is kept of the body to be shown.
    """
    rows = WebhookEvent.objects.filter(**{column: wanted[name] for name, column in SAME.items() if name in wanted})
    if "type" in wanted:
        rows = rows.filter(_of_type(wanted["type"]))
    if "since" in wanted:
        rows = rows.filter(id__gte=first_id_at(wanted["since"]))
    if "until" in wanted:
        rows = rows.filter(id__lt=first_id_at(wanted["until"]))
    if "search" in wanted:
        rows = rows.annotate(written=Cast("payload", TextField())).filter(written__icontains=wanted["search"])
    return rows


@contextmanager
def patience() -> Iterator[None]:
    """Within it, a search that takes too long is refused rather than waited for. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        fault = Fault("search", "This is more than can be looked through. Say `since`, `until` or a source, too.")
        raise Invalid("The events cannot be searched at once.", faults=[fault]) from error


def _of_type(word: str) -> Q:
    beginning = word.removesuffix("*")
    return Q(event_type=word) if beginning == word else Q(event_type__startswith=beginning)
