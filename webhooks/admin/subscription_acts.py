"""What people do with subscriptions in the browser. A secret is on one answer's page, and shown nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, JsonField, WordsField, slug_field
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.roles import Right
from registry.admin.conditions import ConditionsField, ConditionsWidget
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.change import change_subscription
from webhooks.subscriptions.create import create_subscription
from webhooks.subscriptions.remove import remove_subscription
from webhooks.subscriptions.rotate import rotate_secret
from webhooks.subscriptions.secrets import IssuedSecret
from webhooks.subscriptions.switch import disable_subscription, enable_subscription
from webhooks.subscriptions.waiting import missed_by
from webhooks.telling.ping import ping

USUAL = {
    "approval.requested": "A call waits for a person",
    "execution.failed": "A call has failed",
    "execution.*": "A call has ended, whichever way",
    "health.*": "A tool fails, falls silent, or recovers",
    "breaker.*": "A circuit opens or closes",
    "connection.expiring": "A credential ends in the next days",
    "connection.expired": "A service takes a credential no more",
    "webhook_run.dead": "An event could not be acted on",
}
OVERLAPS = ((86_400, "for 24 hours"), (3_600, "for an hour"), (7 * 86_400, "for 7 days"), (0, "no longer"))


class SubscriptionForm(ActForm):
    name = forms.CharField(max_length=200, help_text="As people read it, e.g. Operations channel.")
    url = forms.CharField(
        label="URL",
        max_length=2000,
        help_text="Where it is posted, with a signature as Standard Webhooks says.",
        widget=forms.URLInput(
            attrs={"placeholder": "https://example.com/hooks/quartermaster", "autocapitalize": "off"}
        ),
    )
    usual = forms.MultipleChoiceField(
        label="Tell it when",
        choices=[(word, f"{said} ({word})") for word, said in USUAL.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    event_types = WordsField(
        label="Also tell it of",
        example="tool.*, import.failed",
        help_text="Actions of the audit trail; `*` stands for any letters.",
    )
    conditions = ConditionsField(
        required=False,
        initial=[],
        widget=ConditionsWidget("$.data.code"),
        label="Only when it is like this",
        help_text="All rows must hold; an empty row says nothing. What is sent is looked at: `$.type`, `$.data.code`, "
        "`$.data.tool`. Several values have commas between them.",
    )
    concurrency = forms.IntegerField(label="Deliveries at the same time", initial=5, min_value=1)
    timeout_ms = forms.IntegerField(label="Timeout (ms)", initial=15_000, min_value=1)
    schedule = JsonField(
        kind=list, help_text="Seconds before each attempt, e.g. [0, 5, 300]. Empty: ten attempts in 75 hours."
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("What it is told", ("usual", "event_types")),
        ("Less of it", ("conditions",)),
        ("How it is sent", ("concurrency", "timeout_ms", "schedule")),
    )
    folded = frozenset({"Less of it", "How it is sent"})
    halves = frozenset({"name", "slug", "concurrency", "timeout_ms"})


class NewSubscriptionForm(SubscriptionForm):
    slug = slug_field("ops", "As the API knows it. It cannot be changed later.")
    field_order = ("name", "slug")


def facts_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the verbs want them: what was ticked and what was written are one list."""
    facts = {name: value for name, value in values.items() if name != "usual"}
    return facts | {"event_types": list(dict.fromkeys([*values["usual"], *values["event_types"]]))}


class ShowsSecretOnce(Act):
    def answer(self, request: HttpRequest, pages: TenantPages, subject: Any, result: IssuedSecret) -> HttpResponse:
        context = pages.page_context(
            request, result.subscription, crumb="Its secret", title="Its secret", secret=result.secret
        )
        return TemplateResponse(
            request, "admin/webhooks/new_secret.html", context, headers={"Cache-Control": "no-store"}
        )


class NewSubscription(ShowsSecretOnce):
    name, label, button, icon = "add", "New subscription", "Make the subscription", "add"
    form_class = NewSubscriptionForm

    def explain(self, subject: None) -> str:
        return "Another program is told what happens here from now on. You see its secret once, on the next page."

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> IssuedSecret:
        caller = caller_behind(request)
        return create_subscription(tenant_id=caller.tenant_id, by=caller, facts=facts_in(values))


class EditSubscription(Act):
    name, label, button, icon = "edit", "Edit", "Save", "edit"
    done = "{subject} is changed. That counts from the next event on."
    form_class = SubscriptionForm

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None

    def initial(self, request: HttpRequest, subject: WebhookSubscription) -> dict[str, Any]:
        facts = {name: getattr(subject, name) for name in SubscriptionForm.base_fields if name != "usual"}
        types = subject.event_types
        return facts | {
            "usual": [word for word in types if word in USUAL],
            "event_types": [word for word in types if word not in USUAL],
        }

    def perform(
        self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]
    ) -> WebhookSubscription:
        return change_subscription(subscription=subject, by=caller_behind(request), changes=facts_in(values))


class PingSubscription(Act):
    name, label, button, icon = "ping", "Test it", "Send a test", "network_ping"

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None and subject.enabled

    def explain(self, subject: WebhookSubscription) -> str:
        return "A delivery of the type `ping` is sent once, signed like all others. Its page says how it went."

    def perform(self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]) -> WebhookDelivery:
        return ping(subscription=subject, by=caller_behind(request))

    def answer(
        self, request: HttpRequest, pages: TenantPages, subject: WebhookSubscription, result: WebhookDelivery
    ) -> HttpResponse:
        return redirect("admin:webhooks_webhookdelivery_change", result.pk)


class RotateForm(ActForm):
    overlap_seconds = forms.TypedChoiceField(
        label="The old secret signs beside the new one",
        choices=OVERLAPS,
        coerce=int,
        initial=OVERLAPS[0][0],
        help_text="Time to put the new secret where the old one is.",
    )


class RotateSecret(ShowsSecretOnce):
    name, label, button, icon = "rotate", "New secret", "Give it a new secret", "autorenew"
    form_class = RotateForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CREDENTIALS)

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None

    def explain(self, subject: WebhookSubscription) -> str:
        return "For a while what is sent has two signatures, so that nothing is refused while you change over."

    def perform(self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]) -> IssuedSecret:
        return rotate_secret(subscription=subject, by=caller_behind(request), overlap_seconds=values["overlap_seconds"])


class EnableForm(ActForm):
    send_missed = forms.BooleanField(
        label="Send what it has missed, too",
        required=False,
        initial=True,
        help_text="Otherwise it is told of what happens from now on; what waited stays in the log.",
    )


class EnableSubscription(Act):
    name, label, icon = "enable", "Enable", "play_arrow"
    done = "{subject} is enabled."
    in_rows = True
    form_class = EnableForm

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None and not subject.enabled

    def explain(self, subject: WebhookSubscription) -> str:
        missed = missed_by(subject)
        waiting = f"{missed.waiting:,} deliveries wait for it."
        return f"{waiting} {missed.entries:,} entries of the audit trail came meanwhile, of which it may want some."

    def perform(
        self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]
    ) -> WebhookSubscription:
        return enable_subscription(subscription=subject, by=caller_behind(request), send_missed=values["send_missed"])


class DisableSubscription(Act):
    name, label, icon = "disable", "Disable", "pause"
    done = "{subject} is disabled. What happens is kept for it."
    danger = True

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None and subject.enabled

    def explain(self, subject: WebhookSubscription) -> str:
        return "Nothing is sent from the next attempt on. Nothing is lost either: enable it, and it gets all of it."

    def perform(
        self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]
    ) -> WebhookSubscription:
        return disable_subscription(subscription=subject, by=caller_behind(request))


class RemoveSubscription(Act):
    name, label, button, icon = "remove", "Remove", "Remove it for good", "delete"
    danger = True

    def offered(self, subject: WebhookSubscription) -> bool:
        return subject.deleted_at is None

    def explain(self, subject: WebhookSubscription) -> str:
        return "It is told of nothing any more, and what waits for it is cancelled. Its log stays for its time."

    def perform(self, request: HttpRequest, subject: WebhookSubscription, values: dict[str, Any]) -> None:
        remove_subscription(subscription=subject, by=caller_behind(request))

    def answer(
        self, request: HttpRequest, pages: TenantPages, subject: WebhookSubscription, result: None
    ) -> HttpResponse:
        messages.success(request, f"{subject.name} is removed.")
        return redirect(pages.address("changelist"))
