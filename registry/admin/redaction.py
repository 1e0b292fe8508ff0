"""The section "Redaction" on the pages of tools and tenants, and the form that decides it."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_act, offer_panel
from accounts.models import Tenant
from accounts.tenancy import scope_for
from integrations.redaction.policy import NEVER_STORED, Form, Policy, answers
from integrations.redaction.rules import Action
from integrations.tenant_redaction import set_redaction
from registry.change import change_tool
from registry.models import Tool

LABELS = {
    "secrets": "Secrets by their format",
    "fields": "Fields that say they are secret",
    "email": "E-mail addresses",
    "phone": "Phone numbers",
    "card": "Payment cards",
    "iban": "Bank accounts (IBAN)",
    "ssn": "Social security numbers (US)",
    "national_id": "National numbers of other countries",
    "ip": "IP addresses",
}
SAID = {
    Action.MASK: "masked",
    Action.HASH: "hashed",
    Action.DROP: "left out",
    Action.KEEP: "kept",
}
TITLES = {Form.STORED: "What is stored", Form.RETURNED: "What callers get"}


def tool_panel(request: HttpRequest, tool: Tool) -> SafeString:
    tenant = Tenant.objects.get(id=caller_behind(request).tenant_id)
    return _drawn(request, tool.redaction, tenant.redaction, tool.redaction, shared=tool.tenant_id is None)


def tenant_panel(request: HttpRequest, tenant: Tenant) -> SafeString:
    return _drawn(request, tenant.redaction, tenant.redaction)


def _drawn(request: HttpRequest, own: Policy, *policies: Policy, shared: bool = False) -> SafeString:
    held = {form: answers(form, *policies, shared=shared) for form in Form}
    rows = [
        {"label": label, "cells": [(SAID[held[form][kind]], kind in own.get(form, {}), TITLES[form]) for form in Form]}
        for kind, label in LABELS.items()
    ]
    return render_to_string("admin/registry/redaction.html", {"rows": rows, "titles": TITLES.values()}, request)


def _choices(form: Form, kind: str) -> list[tuple[str, str]]:
    said = [(str(action), word) for action, word in SAID.items()]
    if form is Form.STORED and kind in NEVER_STORED:
        said = [choice for choice in said if choice[0] != Action.KEEP]
    return [("", "not decided here"), *said]


def _name(form: Form, kind: str) -> str:
    return f"{form}_{kind}"


class RedactionForm(ActForm):
    sections = tuple((title, tuple(_name(form, kind) for kind in LABELS)) for form, title in TITLES.items())
    halves = frozenset(_name(form, kind) for form in Form for kind in LABELS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for form in Form:
            for kind, label in LABELS.items():
                self.fields[_name(form, kind)] = forms.ChoiceField(
                    label=label, choices=_choices(form, kind), required=False
                )


class SetRedaction(Act):
    name = "redaction"
    label = "Redaction"
    button = "Save"
    done = "What is redacted of {subject} is changed. It holds from the next call on."
    icon = "visibility_off"
    form_class = RedactionForm

    def explain(self, subject: Any) -> str:
        whose = "the tenant's policy says" if isinstance(subject, Tool) else "the defaults say"
        return f"What is not decided here is as {whose}. What the vault knows to be secret is masked everywhere."

    def initial(self, request: HttpRequest, subject: Tool | Tenant) -> dict[str, Any]:
        return {_name(form, kind): word for form in Form for kind, word in subject.redaction.get(form, {}).items()}

    def perform(self, request: HttpRequest, subject: Tool | Tenant, values: dict[str, Any]) -> Tool | Tenant:
        policy: dict[str, dict[str, str]] = {}
        for form in Form:
            said = {kind: values[_name(form, kind)] for kind in LABELS if values[_name(form, kind)]}
            if said:
                policy[str(form)] = said
        caller = caller_behind(request)
        if isinstance(subject, Tenant):
            return set_redaction(tenant=subject, by=caller, policy=policy)
        with scope_for(subject.tenant_id):
            return change_tool(tool=subject, by=caller, changes={"redaction": policy})


offer_panel(Tool, tool_panel)
offer_panel(Tenant, tenant_panel)
offer_act(Tool, SetRedaction())
offer_act(Tenant, SetRedaction())
