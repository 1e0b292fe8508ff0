"""Redriving many dead letters: by whose matter it is, by route, error and time."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.caller import Caller
from accounts.chrome.forms import ActForm, TimeField
from webhooks.admin.cells import cause_choices
from webhooks.admin.redo_pages import MOST_CHOICES, Counted, Redo, made_within, written
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.queue.redrive import Redriven
from webhooks.runs.redrive import redrive_runs

_SAME = {"cause": "cause", "route": "route_id", "code": "code"}


class DeadLettersForm(ActForm):
    cause = forms.ChoiceField(
        label="Whose matter",
        required=False,
        choices=[
            ("", "Anybody's"),
            *cause_choices(),
        ],
    )
    route = forms.ChoiceField(required=False)
    code = forms.CharField(
        label="Error", required=False, max_length=64, help_text="Its code, such as `upstream_error`."
    )
    since = TimeField(label="Made from (UTC)")
    until = TimeField(label="To (UTC)")
    halves = frozenset({"cause", "route", "since", "until"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        routes = WebhookRoute.objects.living().order_by("slug").values_list("pk", "slug")[:MOST_CHOICES]
        self.fields["route"].choices = [("", "Any"), *((str(pk), slug) for pk, slug in routes)]  # type: ignore[attr-defined]


def rows_for(values: Mapping[str, Any]) -> QuerySet[WebhookRun]:
    rows = WebhookRun.objects.filter(**{column: values[name] for name, column in _SAME.items() if values[name]})
    return made_within(rows, values)


def _count(caller: Caller, values: Mapping[str, Any]) -> Counted:
    told = _redrive(caller, values, dry_run=True)
    note = f"{told.left:,} more wait for another time: that is the most at once, the oldest first." if told.left else ""
    return Counted(told.count, note)


def _perform(caller: Caller, values: Mapping[str, Any], key: str | None) -> str:
    told = _redrive(caller, values, idempotency_key=key)
    return f"Tried again: {REDRIVE.named(told.count)}."


def _redrive(caller: Caller, values: Mapping[str, Any], **how: Any) -> Redriven:
    asked = {"filter": written(values)}
    return redrive_runs(rows_for(values), tenant_id=caller.tenant_id, by=caller, asked=asked, **how)


REDRIVE = Redo(
    title="Redrive dead letters",
    lead="Each is tried again, with all its attempts before it, on its route as it stands now. What has succeeded is "
    "left alone, and a service sees the same key as before.",
    noun="dead letter",
    nouns="dead letters",
    button="Redrive",
    form=DeadLettersForm,
    count=_count,
    perform=_perform,
)
