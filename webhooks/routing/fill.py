"""What a route makes of an event: the tool's input, for whom it is called, and which events wait for one another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.errors import Fault, Invalid
from integrations.redaction import KNOWN_ONLY, as_masked, redact_text
from integrations.vault import Opener
from registry.request_digests import digest_of
from registry.shaping.weight import weigh
from webhooks.events.document import Document, document_of
from webhooks.events.raw import open_raw
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.routing.template import evaluate, fill_template

LONGEST_END_USER = 200
LONGEST_ORDER_KEY = 200


@dataclass(frozen=True)
class Filled:
    input: Mapping[str, Any]
    masked: Mapping[str, Any]
    """The same as it may be stored: what was masked in the event is masked here."""
    end_user: str
    """Empty: it is called for nobody in particular."""


def fill_run(run: WebhookRun, opener: Opener | None = None) -> Filled:
    """For the next attempt: by its route as it stands now. Inside the tenant's scope; `run.event` and `run.route` are
    read where they did not come with it. Who fills many hands the same opener in.

    Raises Invalid when the event does not suit the route, EventEmptied, SealBroken, VaultLocked.
    """
    event = run.event
    return fill(run.route, document_of(event, open_raw(event, opener), replay=run.replay_id is not None))


def fill(route: WebhookRoute, document: Document) -> Filled:
    """Raises Invalid with the places that do not suit."""
    made = _input(route, document.plain)
    return Filled(input=made, masked=_masked(route, document, made), end_user=_end_user(route, document))


def order_key(route: WebhookRoute, document: Document) -> str:
    """Events of the same key are handled one after the other; those without are in no order.

    A value that may not be stored as it is, or is too long, has its digest stand for it.
    """
    found = _ordered_by(route, document.plain)
    if found is None:
        return ""
    text = found if isinstance(found, str) else json.dumps(found, sort_keys=True)
    if len(text) > LONGEST_ORDER_KEY or _ordered_by(route, document.masked) != found:
        return digest_of(found).hex()
    return text


def _ordered_by(route: WebhookRoute, document: Mapping[str, Any]) -> Any:
    """None: the route keeps no order, or the event has nothing to keep it by."""
    try:
        return evaluate(route.ordered_by, document, "$.ordered_by") if route.ordered_by else None
    except Invalid:
        return None


def _input(route: WebhookRoute, document: Mapping[str, Any]) -> Mapping[str, Any]:
    made = document["body"] if route.input is None else fill_template(route.input, document, "$.input")
    if not isinstance(made, dict):
        said = "The event's body" if route.input is None else "What this makes of the event"
        raise _unfit("$.input", f"{said} is no object. Write a template that makes one: what is sent to the tool.")
    if weigh(made, settings.REQUEST_BODY_LIMIT_BYTES) > settings.REQUEST_BODY_LIMIT_BYTES:
        raise _unfit("$.input", f"This makes more than {settings.REQUEST_BODY_LIMIT_BYTES:,} bytes. Map less.")
    return made


def _masked(route: WebhookRoute, document: Document, made: Mapping[str, Any]) -> Mapping[str, Any]:
    if document.masked == document.plain:
        return made
    try:
        shown = _input(route, document.masked)
    except Invalid:
        shown = {}
    masked: Mapping[str, Any] = as_masked(made, shown)
    return masked


def _end_user(route: WebhookRoute, document: Document) -> str:
    """Never nobody where a route names somebody: the call would go out with the tenant's own connection. Nor a secret:
    for whom a call was made is shown beside it.
    """
    if not route.end_user:
        return ""
    found = evaluate(route.end_user, document.plain, "$.end_user")
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not 0 < len(text) <= LONGEST_END_USER:
        raise _unfit("$.end_user", f"This finds no text of 1 to {LONGEST_END_USER} characters in the event.")
    if redact_text(text, secrets=document.hidden, rules=KNOWN_ONLY) != text:
        raise _unfit("$.end_user", "This finds a secret of the source in the event. Say for whom by something else.")
    return text


def _unfit(where: str, sentence: str) -> Invalid:
    return Invalid("The event does not suit the route. See `errors`.", faults=[Fault(where, sentence)])
