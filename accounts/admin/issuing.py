"""Issuing and rotating keys: the new key is on one answer's page, and kept nowhere."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, WordsField
from accounts.chrome.pages import caller_behind
from accounts.errors import Conflict
from accounts.keys import IssuedKey, change_key, issue_key, rotate_key
from accounts.models import Agent, ApiKey

NEVER = "never"
LIVES = [("90", "in 90 days"), ("30", "in 30 days"), ("365", "in a year"), (NEVER, "never")]
OVERLAPS = [("24", "for 24 hours"), ("1", "for an hour"), ("168", "for 7 days"), ("0", "no longer: close it at once")]


class IssueForm(ActForm):
    name = forms.CharField(max_length=100, help_text="Where it will be used, e.g. production. To tell keys apart.")
    expires = forms.ChoiceField(choices=LIVES, label="Expires", help_text="It can be revoked at any time before.")
    allowed_networks = WordsField(
        label="Allowed networks", example="203.0.113.0/24", help_text="Where it may be used. Empty: anywhere."
    )


class NetworksForm(ActForm):
    allowed_networks = WordsField(
        label="Allowed networks",
        example="203.0.113.0/24, 2001:db8::/32",
        help_text="Where the key may be used; what the tenant allows has to allow it, too. Empty: anywhere.",
    )


class RotateForm(ActForm):
    overlap = forms.ChoiceField(
        choices=OVERLAPS, label="The old key works on", help_text="Time to put the new key where the old one is."
    )


class ShowsKeyOnce(Act):
    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: IssuedKey) -> HttpResponse:
        agent = result.key.agent
        agents = pages.admin_site.get_model_admin(Agent)
        context = agents.page_context(
            request, agent, crumb="New key", title="New API key", issued=result, origin=request.build_absolute_uri("/")
        )
        return TemplateResponse(request, "admin/accounts/new_key.html", context, headers={"Cache-Control": "no-store"})


class IssueKey(ShowsKeyOnce):
    name = "issue-key"
    label = "Issue key"
    icon = "key"
    form_class = IssueForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(request.user.has_perm("accounts.add_apikey"))

    def explain(self, subject: Agent) -> str:
        return f"Whoever holds the key calls tools as {subject}, with the role {subject.get_role_display().lower()}."

    def perform(self, request: HttpRequest, subject: Agent, values: dict[str, Any]) -> IssuedKey:
        life = values["expires"]
        expires_at = None if life == NEVER else timezone.now() + timedelta(days=int(life))
        return issue_key(
            agent=subject,
            name=values["name"],
            expires_at=expires_at,
            allowed_networks=values["allowed_networks"],
            by=caller_behind(request),
        )


class SetNetworks(Act):
    name = "networks"
    label = "Allowed networks"
    button = "Save"
    done = "{subject} is changed. That counts from the next call on."
    icon = "lan"
    form_class = NetworksForm

    def offered(self, subject: ApiKey) -> bool:
        return subject.is_usable(timezone.now())

    def initial(self, request: HttpRequest, subject: ApiKey) -> dict[str, Any]:
        return {"allowed_networks": subject.allowed_networks}

    def perform(self, request: HttpRequest, subject: ApiKey, values: dict[str, Any]) -> ApiKey:
        return change_key(key=subject, by=caller_behind(request), changes=values)


class RotateKey(ShowsKeyOnce):
    name = "rotate"
    label = "Rotate"
    icon = "autorenew"
    in_rows = True
    form_class = RotateForm

    def offered(self, subject: ApiKey) -> bool:
        return subject.is_usable(timezone.now())

    def explain(self, subject: ApiKey) -> str:
        return (
            "A new key takes this one's name and lives as long as it was made for. You see it once, on the next page."
        )

    def perform(self, request: HttpRequest, subject: ApiKey, values: dict[str, Any]) -> IssuedKey:
        # A page that shows a key is sent again when it is loaded again, and would rotate what was rotated just now.
        if ApiKey.objects.filter(rotated_from=subject).exists():
            raise Conflict("This key was rotated already. Rotate the key that took its place.")
        return rotate_key(key=subject, overlap=timedelta(hours=int(values["overlap"])), by=caller_behind(request))
