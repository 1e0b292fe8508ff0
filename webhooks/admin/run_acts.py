"""What people do with one run in the browser."""

from typing import Any

from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.pages import caller_behind
from accounts.roles import Right
from webhooks.admin.redo_forms import RedoForm
from webhooks.models import WebhookRun
from webhooks.models.queued import UNENDED, Cause, QueueStatus
from webhooks.runs.cancel import cancel_run
from webhooks.runs.redrive import redrive_runs


class ForCallers(Act):
    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CALL)


class RedriveRun(ForCallers):
    name, label, button, icon = "redrive", "Redrive", "Redrive it", "replay"
    done = "It is tried again."
    in_rows = True
    form_class = RedoForm

    def offered(self, subject: WebhookRun) -> bool:
        return subject.status == QueueStatus.DEAD

    def explain(self, subject: WebhookRun) -> str:
        again = "It is tried again, with all its attempts before it, on its route as it stands now."
        if subject.code == "outcome_unknown":
            return (
                f"{again} Whether the last attempt did something is not known: look at the service first. It sees the "
                "same key as before, and does nothing twice if it honours that."
            )
        if subject.cause == Cause.SENDER:
            return f"{again} Unless the route or the tool has changed, it will fail in the same way."
        return again

    def perform(self, request: HttpRequest, subject: WebhookRun, values: dict[str, Any]) -> WebhookRun:
        caller = caller_behind(request)
        redrive_runs(
            WebhookRun.objects.filter(id=subject.id),
            tenant_id=caller.tenant_id,
            by=caller,
            asked={"ids": [str(subject.id)]},
            idempotency_key=values["key"],
        )
        return subject


class CancelRun(ForCallers):
    name, label, button, icon = "cancel", "Cancel", "Cancel it", "stop_circle"
    done = "It is cancelled."
    danger = True

    def offered(self, subject: WebhookRun) -> bool:
        return subject.status in UNENDED

    def explain(self, subject: WebhookRun) -> str:
        return "No further attempt is made, and a call that is being made is called off. The event stays."

    def perform(self, request: HttpRequest, subject: WebhookRun, values: dict[str, Any]) -> WebhookRun:
        return cancel_run(run=subject, by=caller_behind(request))
