"""Retiring one of a source's secrets, and showing one that a handshake has brought."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import GOOD, WARN, badge
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.errors import NotFound
from accounts.ids import uuid_in
from webhooks.admin.source_acts import RetireForm
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.signatures.shelf import scheme_named
from webhooks.sources.secrets import find_secret, retire_secret, reveal_secret


class OneSecret(Act):
    """The secret that the address names: `?secret=<id>`."""

    def offered(self, subject: WebhookSource) -> bool:
        """Not among the buttons of the source: each secret has its own."""
        return False

    def secret(self, request: HttpRequest, subject: WebhookSource) -> WebhookSecret:
        asked = uuid_in(request.GET.get("secret", ""))
        if asked is None:
            raise NotFound("Say which secret: choose it on the source's page.")
        return find_secret(subject, asked)


class RetireSecret(OneSecret):
    name, label, button, icon = "retire-secret", "Retire secret", "Retire it", "key_off"
    done = "The secret is retired."
    danger = True
    form_class = RetireForm

    def explain(self, subject: WebhookSource) -> str:
        return "What is signed with it is refused from then on. See first that the service signs with another one."

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        secret = self.secret(request, subject)
        retire_secret(source=subject, by=caller_behind(request), secret_id=secret.id, after_hours=values["after_hours"])
        return subject


class RevealSecret(OneSecret):
    """Only of schemes whose handshake brings it, so that somebody can enter it at the provider."""

    name, label, button, icon = "reveal-secret", "Show secret", "Show it", "visibility"

    def explain(self, subject: WebhookSource) -> str:
        return "The service sent it in its handshake, and wants to see it again. That it was shown is recorded."

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> str:
        secret = self.secret(request, subject)
        return reveal_secret(source=subject, by=caller_behind(request), secret_id=secret.id)

    def answer(self, request: HttpRequest, pages: TenantPages, subject: WebhookSource, result: str) -> HttpResponse:
        context = pages.page_context(request, subject, crumb=self.label, title=self.label, secret=result)
        return TemplateResponse(request, "admin/webhooks/revealed.html", context, headers={"Cache-Control": "no-store"})


def may_be_shown(source: WebhookSource) -> bool:
    scheme = scheme_named(source.scheme)
    return scheme is not None and any(challenge.show for challenge in scheme.challenges)


def secret_state(secret: WebhookSecret) -> SafeString:
    return badge("Active", GOOD) if secret.valid_until is None else badge("Retires", WARN)
