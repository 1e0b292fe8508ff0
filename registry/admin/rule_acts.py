"""What people do with permission rules in the browser."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.enabling import Disable, Enable
from accounts.chrome.forms import ActForm, TimeField, WordsField
from accounts.chrome.pages import caller_behind
from accounts.decisions import Decision
from accounts.roles import Role
from registry.admin.conditions import ConditionsField
from registry.models import PermissionRule
from registry.models.tool import NodeType
from registry.permissions.rules import change_rule, make_rule, remove_rule

EFFECTS = [
    (Decision.DENY, "Deny: the call is refused"),
    (Decision.ASK, "Ask: the call waits until a person approves it"),
    (Decision.ALLOW, "Allow: the call goes on, where nothing denies or asks"),
]


class RuleForm(ActForm):
    name = forms.CharField(
        max_length=100, help_text="Callers read it when the rule refuses them, e.g. No large payments."
    )
    effect = forms.ChoiceField(label="What becomes of the call", choices=EFFECTS)
    tools = WordsField(
        example="crm-*, billing-refund",
        help_text="Slugs; `*` stands for any letters. Empty: every tool.",
    )
    agents = WordsField(example="scout", help_text="Slugs. Empty: everybody, people included.")
    conditions = ConditionsField(
        required=False,
        label="Only when the arguments are like this",
        help_text="All rows must hold; an empty row says nothing. `$.amount` is the argument amount, "
        "`$.items[*].price` the price of each item. An argument that is missing, or of another kind, counts for Deny "
        "and Ask and never for Allow. Several values have commas between them.",
    )
    categories = WordsField(example="crm", help_text="The tool's category.")
    capabilities = WordsField(example="file_write", help_text="The tool's capability, or one of its operations.")
    permissions = WordsField(example="destructive, network", help_text="What the tool's version says that it does.")
    connectors = WordsField(example="hubspot", help_text="The connector that the tool was installed from.")
    node_types = forms.MultipleChoiceField(
        label="Node types", choices=NodeType.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    roles = forms.MultipleChoiceField(choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple)
    providers = WordsField(example="openai", help_text="The runtime of the agent, or the one that the call names.")
    expires_at = TimeField(label="Until (UTC)", help_text="Out of force from then on. Empty: for ever.")
    note = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="Why it is there. Callers read it, too.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("Which calls", ("tools", "agents", "conditions")),
        ("More about the tool", ("categories", "capabilities", "permissions", "connectors", "node_types")),
        ("More about who calls", ("roles", "providers")),
        ("Until when, and why", ("expires_at", "note")),
    )
    folded = frozenset({"More about the tool", "More about who calls", "Until when, and why"})
    halves = frozenset({"categories", "capabilities", "permissions", "connectors"})


class NewRule(Act):
    name = "add"
    label = "New rule"
    button = "Make the rule"
    done = "The rule {subject} is made. It counts from the next call on."
    icon = "add"
    form_class = RuleForm

    def explain(self, subject: Any) -> str:
        return (
            "Everything that the rule names must fit a call; what is left empty fits every call. Where several rules "
            "fit, Deny beats Ask, and Ask beats Allow."
        )

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> PermissionRule:
        caller = caller_behind(request)
        return make_rule(tenant_id=caller.tenant_id, by=caller, facts=values)


class EditRule(Act):
    name = "edit"
    label = "Edit"
    button = "Save"
    done = "The rule {subject} is changed. That counts from the next call on."
    icon = "edit"
    form_class = RuleForm

    def initial(self, request: HttpRequest, subject: PermissionRule) -> dict[str, Any]:
        return {name: getattr(subject, name) for name in RuleForm.base_fields}

    def perform(self, request: HttpRequest, subject: PermissionRule, values: dict[str, Any]) -> PermissionRule:
        return change_rule(rule=subject, by=caller_behind(request), changes=values)


class EnableRule(Enable):
    def explain(self, subject: Any) -> str:
        return "The rule counts again, from the next call on."

    def set_enabled(self, request: HttpRequest, subject: PermissionRule, enabled: bool) -> PermissionRule:
        return change_rule(rule=subject, by=caller_behind(request), changes={"enabled": enabled})


class DisableRule(Disable):
    def explain(self, subject: PermissionRule) -> str:
        lost = "What it denied or asked about may pass then." if subject.effect != Decision.ALLOW else ""
        return f"The rule counts no more, from the next call on. It can be enabled again. {lost}".strip()

    def set_enabled(self, request: HttpRequest, subject: PermissionRule, enabled: bool) -> PermissionRule:
        return change_rule(rule=subject, by=caller_behind(request), changes={"enabled": enabled})


class RemoveRule(Act):
    name = "remove"
    label = "Remove"
    icon = "delete"
    danger = True

    def explain(self, subject: PermissionRule) -> str:
        return "The rule is gone for good, from the next call on. To take it out of force for a while, disable it."

    def perform(self, request: HttpRequest, subject: PermissionRule, values: dict[str, Any]) -> None:
        remove_rule(rule=subject, by=caller_behind(request))

    def answer(self, request: HttpRequest, pages: Any, subject: PermissionRule, result: Any) -> HttpResponse:
        messages.success(request, f"The rule {subject} is removed.")
        return redirect(pages.address("changelist"))
