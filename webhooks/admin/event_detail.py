"""The page of one event, from the request to what it caused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.chrome.pages import caller_behind
from accounts.errors import QuartermasterError
from accounts.roles import Right
from webhooks.admin.cells import cause_of, event_badge, queued_badge, routing_badge, scheme_name
from webhooks.admin.raw_page import shown_body
from webhooks.events.look import Shown, look_at
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRun
from webhooks.models.event import EventStatus, Routing
from webhooks.models.queued import UNENDED

SHOWN_DUPLICATES = 20
SHOWN_RUNS = 50
REFRESH_SECONDS = 2
"""How often the page of one is read again while something is under way."""


@dataclass(frozen=True)
class RunRow:
    run: WebhookRun
    state: SafeString
    cause: SafeString
    attempts: Sequence[WebhookAttempt]


def detail_of(request: HttpRequest, event: WebhookEvent) -> dict[str, Any]:
    runs, shown = runs_of(event), _shown(event)
    caller = caller_behind(request)
    return {
        "state": event_badge(event),
        "routing": routing_badge(event),
        "scheme": scheme_name(event.source.scheme),
        "runs": runs,
        "matched": [match for match in event.matches if match["matched"]],
        "unmatched": [match for match in event.matches if not match["matched"]],
        "request": shown.request if shown else None,
        "body": shown_body(shown.request.body) if shown and shown.request.body is not None else "",
        "curl": shown.curl if shown else "",
        "may_read_raw": caller.may(Right.CREDENTIALS) and event.sealed_head is not None,
        "secret": _secret(event),
        "first": _first(event),
        "duplicates": _duplicates(event),
        "refresh_seconds": REFRESH_SECONDS if _is_under_way(event, runs) else None,
    }


def _shown(event: WebhookEvent) -> Shown | None:
    """Masked; None where what came was removed, or the vault does not open it."""
    try:
        return look_at(event)
    except QuartermasterError:
        return None


def _secret(event: WebhookEvent) -> str:
    """The end of the id of the secret that signed it, as the source's page shows it."""
    return str(event.verdict.get("secret") or "")[-6:]


def runs_of(event: WebhookEvent) -> list[RunRow]:
    attempts = Prefetch("attempt_log", queryset=WebhookAttempt.objects.order_by("id"), to_attr="known_attempts")
    found = WebhookRun.objects.filter(event=event).select_related("route", "agent").prefetch_related(attempts)
    return [
        RunRow(run, queued_badge(run), cause_of(run), run.known_attempts)  # type: ignore[attr-defined]
        for run in found.order_by("-id")[:SHOWN_RUNS]
    ]


def _first(event: WebhookEvent) -> WebhookEvent | None:
    """The one that it repeats."""
    if event.duplicate_of is None:
        return None
    return WebhookEvent.objects.only("id", "received_at", "status").filter(id=event.duplicate_of).first()


def _duplicates(event: WebhookEvent) -> list[WebhookEvent]:
    if event.status != EventStatus.ACCEPTED:
        return []
    return list(WebhookEvent.objects.only("id", "received_at").filter(duplicate_of=event.id)[:SHOWN_DUPLICATES])


def _is_under_way(event: WebhookEvent, runs: Sequence[RunRow]) -> bool:
    """Whether something happens with it at this moment, and not in an hour."""
    return event.routing == Routing.WAITING or any(row.run.status in UNENDED and row.run.attempts == 0 for row in runs)
