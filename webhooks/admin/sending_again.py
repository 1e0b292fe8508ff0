"""Sending many deliveries again that nobody took: by subscription, event, error and time."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.caller import Caller
from accounts.chrome.forms import ActForm, TimeField
from webhooks.admin.redo_pages import MOST_CHOICES, Counted, Redo, made_within, written
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.queue.kinds import DELIVERIES
from webhooks.queue.redrive import Redriven, redrive
from webhooks.telling.log import deliveries_for

_SAME = {"subscription": "subscription_id", "event_type": "event_type", "code": "code"}


class DeliveriesForm(ActForm):
    subscription = forms.ChoiceField(required=False)
    event_type = forms.CharField(label="Event", required=False, max_length=100, help_text="E.g. `execution.failed`.")
    code = forms.CharField(label="Error", required=False, max_length=64, help_text="Its code, such as `timeout`.")
    since = TimeField(label="Made from (UTC)")
    until = TimeField(label="To (UTC)")
    halves = frozenset({"event_type", "code", "since", "until"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = WebhookSubscription.objects.living().order_by("slug").values_list("pk", "slug")[:MOST_CHOICES]
        self.fields["subscription"].choices = [("", "Any"), *((str(pk), slug) for pk, slug in rows)]  # type: ignore[attr-defined]


def rows_for(caller: Caller, values: Mapping[str, Any]) -> QuerySet[WebhookDelivery]:
    rows = deliveries_for(caller).filter(**{column: values[name] for name, column in _SAME.items() if values[name]})
    return made_within(rows, values)


def _count(caller: Caller, values: Mapping[str, Any]) -> Counted:
    told = _redrive(caller, values, dry_run=True)
    return Counted(told.count, f"{told.left:,} more wait for another time." if told.left else "")


def _perform(caller: Caller, values: Mapping[str, Any], key: str | None) -> str:
    return f"Sent again: {SEND_AGAIN.named(_redrive(caller, values, idempotency_key=key).count)}."


def _redrive(caller: Caller, values: Mapping[str, Any], **how: Any) -> Redriven:
    asked = {"filter": written(values)}
    return redrive(DELIVERIES, rows_for(caller, values), tenant_id=caller.tenant_id, by=caller, asked=asked, **how)


SEND_AGAIN = Redo(
    title="Send deliveries again",
    lead="Those that were given up are sent again, with all their attempts before them, each under the id that it had.",
    noun="delivery",
    nouns="deliveries",
    button="Send",
    form=DeliveriesForm,
    count=_count,
    perform=_perform,
)
