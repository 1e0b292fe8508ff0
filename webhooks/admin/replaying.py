"""Replaying many events: by source, type, text and time."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.caller import Caller
from accounts.chrome.forms import ActForm, TimeField
from webhooks.admin.redo_pages import MOST_CHOICES, Counted, Redo, written
from webhooks.models import WebhookSource
from webhooks.models.event import Routing
from webhooks.replay import Replayed, replay_events


class EventsForm(ActForm):
    source = forms.ChoiceField(required=False)
    type = forms.CharField(required=False, max_length=200, help_text="`*` at its end stands for any letters.")
    routing = forms.ChoiceField(
        required=False,
        choices=[("", "Routed or not"), (Routing.UNROUTED, "No route matched"), (Routing.ROUTED, "Some route matched")],
    )
    q = forms.CharField(label="Text in the payload", required=False, max_length=200)
    since = TimeField(label="From (UTC)")
    until = TimeField(label="To (UTC)")
    halves = frozenset({"source", "type", "routing", "q", "since", "until"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sources = WebhookSource.objects.living().order_by("slug").values_list("pk", "slug")[:MOST_CHOICES]
        self.fields["source"].choices = [("", "Any"), *((str(pk), slug) for pk, slug in sources)]  # type: ignore[attr-defined]


def wanted(values: Mapping[str, Any]) -> dict[str, Any]:
    """As `find_events` wants it."""
    found = {name: values[name] for name in ("type", "routing", "since", "until") if values[name]}
    if values["q"]:
        found["search"] = values["q"]
    if values["source"]:
        found["source"] = WebhookSource.objects.get(pk=values["source"]).slug
    return found


def _count(caller: Caller, values: Mapping[str, Any]) -> Counted:
    told = _replay(caller, values, dry_run=True)
    note = (
        f"{told.skipped:,} more fit and cannot be replayed: refused ones, duplicates and handshakes."
        if told.skipped
        else ""
    )
    return Counted(told.events, note)


def _perform(caller: Caller, values: Mapping[str, Any], key: str | None) -> str:
    told = _replay(caller, values, idempotency_key=key)
    return f"Replayed: {REPLAY.named(told.events)}. Runs that began: {told.runs:,}."


def _replay(caller: Caller, values: Mapping[str, Any], **how: Any) -> Replayed:
    asked = wanted(values)
    return replay_events(tenant_id=caller.tenant_id, by=caller, asked={"filter": written(asked)}, wanted=asked, **how)


REPLAY = Redo(
    title="Replay events",
    lead="They are routed once more, by the routes as they stand now, and what those do is done again. Only events "
    "that were accepted are replayed.",
    noun="event",
    nouns="events",
    button="Replay",
    form=EventsForm,
    count=_count,
    perform=_perform,
)
