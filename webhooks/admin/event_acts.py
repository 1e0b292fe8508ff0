"""What people do with one event in the browser."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.chrome.acts import Act
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.roles import Right
from webhooks.admin.raw_page import raw_context
from webhooks.admin.redo_forms import RedoForm
from webhooks.events.read_raw import AsItCame, read_raw
from webhooks.models import WebhookEvent
from webhooks.replay import Replayed, replay_event, why_not


class ReplayEvent(Act):
    name, label, button, icon = "replay", "Replay", "Replay it", "replay"
    form_class = RedoForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CALL)

    def offered(self, subject: WebhookEvent) -> bool:
        return not why_not(subject)

    def explain(self, subject: WebhookEvent) -> str:
        return (
            "It is routed once more, by the routes as they stand now, and what they do is done again. It keeps its id, "
            "and each run says that it is a replay."
        )

    def perform(self, request: HttpRequest, subject: WebhookEvent, values: dict[str, Any]) -> Replayed:
        return replay_event(event=subject, by=caller_behind(request), idempotency_key=values["key"])

    def answer(self, request: HttpRequest, pages: TenantPages, subject: WebhookEvent, result: Replayed) -> HttpResponse:
        if result.runs:
            messages.success(request, f"It is replayed: {result.runs} run{'s' if result.runs > 1 else ''} began.")
        else:
            messages.warning(request, "It is replayed, and no route matched it.")
        return redirect(pages.address("change", subject.pk))


class ReadRaw(Act):
    name, label, button, icon = "raw", "As it came", "Show it", "visibility"

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CREDENTIALS)

    def offered(self, subject: WebhookEvent) -> bool:
        return subject.sealed_head is not None

    def explain(self, subject: WebhookEvent) -> str:
        return (
            "The request with everything that is secret in it, and its signature beside the one that would be right. "
            "That you looked is recorded."
        )

    def perform(self, request: HttpRequest, subject: WebhookEvent, values: dict[str, Any]) -> AsItCame:
        return read_raw(event=subject, by=caller_behind(request))

    def answer(self, request: HttpRequest, pages: TenantPages, subject: WebhookEvent, result: AsItCame) -> HttpResponse:
        context = pages.page_context(request, subject, crumb=self.label, **raw_context(subject, result))
        return TemplateResponse(request, "admin/webhooks/raw.html", context, headers={"Cache-Control": "no-store"})
