"""What people do with deliveries in the browser."""

from typing import Any

from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.pages import caller_behind
from webhooks.models import WebhookDelivery
from webhooks.models.queued import UNENDED
from webhooks.telling.resend import resend


class Resend(Act):
    name, label, button, icon = "resend", "Send again", "Send it again", "replay"
    done = "It is sent again, under the same id."

    def offered(self, subject: WebhookDelivery) -> bool:
        return subject.status not in UNENDED and subject.subscription.deleted_at is None

    def explain(self, subject: WebhookDelivery) -> str:
        if not subject.subscription.enabled:
            return "Its subscription is disabled: it waits until that is enabled."
        return "It keeps its id, so that a receiver that had it knows it again."

    def perform(self, request: HttpRequest, subject: WebhookDelivery, values: dict[str, Any]) -> WebhookDelivery:
        return resend(delivery=subject, by=caller_behind(request))
