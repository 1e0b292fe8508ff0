"""What people do with sources in the browser. Each act calls a verb."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.errors import NotFound
from webhooks.admin.source_forms import SecretForm, SourceForm, facts_of, given_settings, source_facts
from webhooks.models import WebhookSource
from webhooks.models.source import SourceState
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import Scheme
from webhooks.sources.change import change_source
from webhooks.sources.create import create_source
from webhooks.sources.remove import remove_source
from webhooks.sources.secrets import add_secret
from webhooks.sources.state import disable, pause, resume
from webhooks.sources.token import rotate_token

SCHEME = "scheme"
"""The parameter that says which provider was chosen."""


def is_living(source: WebhookSource) -> bool:
    return source.deleted_at is None


def chosen_scheme(request: HttpRequest) -> Scheme | None:
    return scheme_named(request.GET.get(SCHEME, ""))


def scheme_of(source: WebhookSource) -> Scheme:
    """Raises NotFound when it is not shipped any more."""
    scheme = scheme_named(source.scheme)
    if scheme is None:
        raise NotFound(f"There is no scheme `{source.scheme}` any more. Change the source's scheme over the API.")
    return scheme


class NewSource(Act):
    name, label, button, icon = "add", "New source", "Make the source", "add"
    done = "{subject} is made. Enter its address at the service: the steps are below."

    def form(self, request: HttpRequest, subject: None, data: Any = None) -> ActForm:
        scheme = chosen_scheme(request)
        if scheme is None:
            raise NotFound("There is no such scheme. Choose one in the list.")
        initial = {"unsigned": scheme.unsigned} if scheme.unsigned else {}
        return SourceForm(data, scheme, is_new=True, initial=initial)

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> WebhookSource:
        caller, scheme = caller_behind(request), chosen_scheme(request)
        return create_source(
            tenant_id=caller.tenant_id,
            by=caller,
            scheme=scheme.slug if scheme else "",
            secret=values.get("secret", ""),
            settings={name: text for name, text in given_settings(values).items() if text},
            **source_facts(values),
        )


class EditSource(Act):
    name, label, button, icon = "edit", "Edit", "Save", "edit"
    done = "{subject} is changed. That counts from the next request on."

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject)

    def form(self, request: HttpRequest, subject: WebhookSource, data: Any = None) -> ActForm:
        return SourceForm(data, scheme_of(subject), is_new=False, initial=facts_of(subject, subject.settings))

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        scheme = scheme_of(subject)
        hidden = {setting.name for setting in scheme.settings if setting.secret}
        settings = {name: text for name, text in given_settings(values).items() if text or name not in hidden}
        changes = {**source_facts(values), "settings": settings}
        return change_source(source=subject, by=caller_behind(request), changes=changes)


class AddSecret(Act):
    name, label, button, icon = "add-secret", "Add secret", "Add", "key"
    done = "The secret is added. Any of the source's secrets may sign."

    def offered(self, subject: WebhookSource) -> bool:
        scheme = scheme_named(subject.scheme)
        return is_living(subject) and not subject.unsigned and scheme is not None and scheme.secret is not None

    def explain(self, subject: WebhookSource) -> str:
        return (
            "The secrets that there are go on. To change over: add the new one, make it the service's, and retire the "
            "old one when nothing comes with it any more."
        )

    def form(self, request: HttpRequest, subject: WebhookSource, data: Any = None) -> ActForm:
        return SecretForm(data, scheme_of(subject))

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        add_secret(source=subject, by=caller_behind(request), secret=values["secret"])
        return subject


class PauseSource(Act):
    name, label, icon = "pause", "Pause", "pause"
    done = "{subject} is paused. What comes is kept, and routed when it is resumed."

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject) and subject.state == SourceState.ACTIVE

    def explain(self, subject: WebhookSource) -> str:
        return "What comes is taken and kept, but nothing is done with it. Resume it, and all of it is routed in order."

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        return pause(source=subject, by=caller_behind(request))


class ResumeSource(Act):
    name, label, icon = "resume", "Resume", "play_arrow"
    done = "{subject} takes and routes events."
    in_rows = True

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject) and subject.state != SourceState.ACTIVE

    def explain(self, subject: WebhookSource) -> str:
        if subject.state == SourceState.DISABLED:
            return "It takes events again. What was refused meanwhile comes again if its service tries again."
        return "It routes events again, and first those that came while it was paused."

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        return resume(source=subject, by=caller_behind(request))


class DisableSource(Act):
    name, label, icon = "disable", "Disable", "block"
    done = "{subject} is disabled. What comes is refused."
    danger = True

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject) and subject.state != SourceState.DISABLED

    def explain(self, subject: WebhookSource) -> str:
        return (
            "What comes is refused, so that its service tries again later. To keep what comes in the meantime, pause "
            "it instead."
        )

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        return disable(source=subject, by=caller_behind(request))


class Readdress(Act):
    name, label, button, icon = "readdress", "New address", "Give it a new address", "autorenew"
    done = "{subject} has a new address. Enter it at the service now."
    danger = True

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject)

    def explain(self, subject: WebhookSource) -> str:
        return (
            "Where the address has become known to somebody it should not. The old one leads nowhere from then on: "
            "what is posted there is lost until the service knows the new one."
        )

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> WebhookSource:
        return rotate_token(source=subject, by=caller_behind(request))


class RemoveSource(Act):
    name, label, button, icon = "remove", "Remove", "Remove it for good", "delete"
    danger = True

    def offered(self, subject: WebhookSource) -> bool:
        return is_living(subject)

    def explain(self, subject: WebhookSource) -> str:
        return (
            "Its address leads nowhere from then on, and its secrets are destroyed. Its events stay for their time. "
            "Take it out at the service first."
        )

    def perform(self, request: HttpRequest, subject: WebhookSource, values: dict[str, Any]) -> None:
        remove_source(source=subject, by=caller_behind(request))

    def answer(self, request: HttpRequest, pages: Any, subject: WebhookSource, result: None) -> HttpResponse:
        messages.success(request, f"{subject.name} is removed.")
        return redirect(pages.address("changelist"))


RETIRE_AFTER = ((0, "at once"), (1, "in an hour"), (24, "in 24 hours"), (168, "in 7 days"))


class RetireForm(ActForm):
    after_hours = forms.TypedChoiceField(label="It signs no more", choices=RETIRE_AFTER, coerce=int, initial=0)
