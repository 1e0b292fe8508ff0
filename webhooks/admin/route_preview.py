"""What the route on the form would make of an event that is stored: nothing is run, written or sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts.api.converters import INSTEAD, UNSTORABLE
from accounts.chrome.cells import GOOD, MUTE, badge
from accounts.chrome.forms import ActForm, complain
from accounts.chrome.pages import caller_behind
from accounts.errors import Fault, Invalid, QuartermasterError
from accounts.ids import uuid_in
from registry.admin.permission_rules import effect_badge
from webhooks.admin.route_forms import facts_in
from webhooks.models import WebhookEvent
from webhooks.models.event import EventStatus
from webhooks.routes.unsaved import unsaved_route
from webhooks.routing.preview import Preview, preview

ASKED = "preview"
"""The button that asks for it, and no more than that."""
EVENT = "preview-event"
NAMES = {"name", "slug"}
"""They may be missing while somebody tries."""
SHOWN_EVENTS = 25


@dataclass(frozen=True)
class Panel:
    events: list[WebhookEvent]
    chosen: WebhookEvent | None
    told: Preview | None = None
    refusal: str = ""


def panel_for(request: HttpRequest, form: ActForm) -> Panel:
    """The newest events of the source on the form, and what became of the one that was chosen."""
    events = _events(str(form["source"].value() or ""))
    asked = uuid_in(request.POST.get(EVENT, "") or request.GET.get("event", ""))
    chosen = next((event for event in events if event.id == asked), None) or _one(asked)
    if chosen is None:
        return Panel(events, events[0] if events else None)
    if chosen not in events:
        events = [chosen, *events]
    if ASKED not in request.POST or not _is_valid_without_a_name(form):
        return Panel(events, chosen)
    return _told(request, form, events, chosen)


def told_of(panel: Panel) -> dict[str, Any] | None:
    """The same for a template."""
    if panel.told is None:
        return None
    told, call = panel.told, panel.told.call
    return {
        "matched": badge("Takes it", GOOD) if told.look.matched else badge("Does not take it", MUTE),
        "decision": effect_badge(call.decision) if call and call.decision else "",
        "call": call,
        "preview": told,
    }


def _is_valid_without_a_name(form: ActForm) -> bool:
    fields = [form.fields[name] for name in NAMES & form.fields.keys()]
    for field in fields:
        field.required = False
    valid = form.is_valid()
    for field in fields:
        field.required = True
    return valid


def _told(request: HttpRequest, form: ActForm, events: list[WebhookEvent], chosen: WebhookEvent) -> Panel:
    caller = caller_behind(request)
    event = WebhookEvent.objects.select_related("source", "tenant").get(id=chosen.id)
    try:
        route = unsaved_route(by=caller, facts=facts_in(_facts(form.cleaned_data)))
        return Panel(events, chosen, told=preview(route, event, caller))
    except Invalid as error:
        complain(form, Invalid(error.message, faults=[_of_form(fault) for fault in error.faults]))
        return Panel(events, chosen)
    except QuartermasterError as error:
        return Panel(events, chosen, refusal=error.message)


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in NAMES or value}


def _of_form(fault: Fault) -> Fault:
    return Fault(fault.path.replace("$.route", "$", 1), fault.message)


def _events(source: str) -> list[WebhookEvent]:
    rows = WebhookEvent.objects.filter(status=EventStatus.ACCEPTED, emptied_at=None).select_related("source")
    rows = rows.filter(source__slug=source.replace(UNSTORABLE, INSTEAD)) if source else rows
    return list(
        rows.only("id", "received_at", "event_type", "external_id", "source__slug", "source__id")[:SHOWN_EVENTS]
    )


def _one(asked: Any) -> WebhookEvent | None:
    return WebhookEvent.objects.select_related("source").filter(id=asked).first() if asked else None
