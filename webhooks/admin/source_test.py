"""Sending a test event to a source: a sample of its provider's, on the way that all take."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.roles import Right
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import EventStatus
from webhooks.signatures.samples import samples_of
from webhooks.sources.test_event import sample_named, send_test


class SampleForm(ActForm):
    sample = forms.ChoiceField(label="Event", help_text="As the provider sends them, with values that were made up.")


class SendTest(Act):
    name, label, button, icon = "test", "Test it", "Send it", "science"
    asks_outside = True
    """Its verb opens transactions of its own, as the door does."""

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CALL)

    def offered(self, subject: WebhookSource) -> bool:
        return subject.deleted_at is None and bool(samples_of(subject.scheme))

    def explain(self, subject: WebhookSource) -> str:
        return (
            "A sample event is signed with the source's secret and taken like any other: routes that match it run "
            "their tools."
        )

    def form(self, request: HttpRequest, subject: WebhookSource, data: Any = None) -> ActForm:
        form = SampleForm(data)
        form.fields["sample"].choices = [  # type: ignore[attr-defined]
            (sample.name, f"{sample.name} ({sample.type})") for sample in samples_of(subject.scheme)
        ]
        return form

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookEvent:
        sample = sample_named(subject.scheme, values["sample"])
        return send_test(source=subject, sample=sample, by=caller_behind(request))

    def answer(
        self, request: HttpRequest, pages: TenantPages, subject: WebhookSource, result: WebhookEvent
    ) -> HttpResponse:
        if result.status == EventStatus.ACCEPTED:
            messages.success(request, "The test event came. Here is what becomes of it.")
        else:
            messages.error(request, "The test event came, and was not accepted. Here is why.")
        return redirect("admin:webhooks_webhookevent_change", result.pk)
