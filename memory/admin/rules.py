"""Rules for namespaces: where which agents may read and write."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import BAD, GOOD, INFO, ago, badge, mono, subtle
from accounts.chrome.filters import ChoiceFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.models import Agent
from integrations.entering import PLAIN
from memory.limits import LONGEST_NAMESPACE
from memory.models import Access, NamespaceRule
from memory.rules.change import change_rule
from memory.rules.create import create_rule
from memory.rules.find import list_rules
from memory.rules.remove import remove_rule

MOST_AGENTS = 500
_ACCESS = {
    Access.NONE: ("Neither read nor write", BAD),
    Access.READ: ("Read", INFO),
    Access.WRITE: ("Read and write", GOOD),
}
_CHOICES = [(access.value, said) for access, (said, _) in _ACCESS.items()]


class AccessFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "access", "access", "access", Access

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _CHOICES


class AccessForm(ActForm):
    access = forms.ChoiceField(label="They may", choices=_CHOICES, initial=Access.NONE)


class RuleForm(AccessForm):
    namespace = forms.CharField(
        max_length=LONGEST_NAMESPACE,
        required=False,
        help_text="With all below it; empty: everywhere. The longest path that fits decides.",
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "projects/apollo"}),
    )
    agent = forms.ChoiceField(
        label="Agents", required=False, help_text="Of two rules for the same path the one that names the agent decides."
    )
    field_order = ("namespace", "agent", "access")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        slugs = Agent.objects.order_by("slug").values_list("slug", flat=True)[:MOST_AGENTS]
        self.fields["agent"].choices = [("", "Every agent"), *((slug, slug) for slug in slugs)]  # type: ignore[attr-defined]


class NewRule(Act):
    name, label, button, icon = "add", "New rule", "Make the rule", "add"
    done = "{subject} The rule counts from the next request on."
    form_class = RuleForm

    def explain(self, subject: None) -> str:
        return "Where no rule fits, agents may write if their role may call tools. People are not bound by these rules."

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> NamespaceRule:
        caller = caller_behind(request)
        return create_rule(
            tenant_id=caller.tenant_id,
            by=caller,
            namespace=values["namespace"],
            access=values["access"],
            agent=values["agent"] or None,
        )

    def answer(self, request: HttpRequest, pages: TenantPages, subject: None, result: NamespaceRule) -> HttpResponse:
        messages.success(request, "The rule is made. It counts from the next request on.")
        return redirect(pages.address("changelist"))


class ChangeRule(Act):
    name, label, button, icon = "edit", "Change", "Save", "edit"
    done = "The rule is changed. That counts from the next request on."
    form_class = AccessForm

    def initial(self, request: HttpRequest, subject: NamespaceRule) -> dict[str, Any]:
        return {"access": subject.access}

    def perform(self, request: HttpRequest, subject: NamespaceRule, values: dict[str, Any]) -> NamespaceRule:
        return change_rule(by=caller_behind(request), rule_id=subject.id, access=values["access"])


class RemoveRule(Act):
    name, label, button, icon = "remove", "Remove", "Remove the rule", "delete"
    danger = True
    in_rows = True

    def explain(self, subject: NamespaceRule) -> str:
        return "Then the rule of the next shorter path decides, or where there is none, the agent's role."

    def perform(self, request: HttpRequest, subject: NamespaceRule, values: dict[str, Any]) -> None:
        remove_rule(by=caller_behind(request), rule_id=subject.id)

    def answer(self, request: HttpRequest, pages: TenantPages, subject: NamespaceRule, result: None) -> HttpResponse:
        messages.success(request, "The rule is removed.")
        return redirect(pages.address("changelist"))


@admin.register(NamespaceRule)
class NamespaceRulePages(TenantPages):
    plural = "namespace rules"
    list_display = ("where", "whom", "access_shown", "made")
    filters = (AccessFilter,)
    search_fields = ("namespace", "agent__slug")
    search_help_text = "Search namespace, agent"
    ordering = ("namespace", "id")
    sortable_by = ()
    change_list_template = "admin/memory/rule_list.html"
    detail_template = "admin/memory/rule.html"
    empty = Empty(
        "No rules",
        "Every agent whose role may call tools may read and write everywhere, and those that may only look may read. A "
        "rule keeps agents out of a namespace, or lets them only read there.",
    )
    add_act = NewRule()
    edit_act = ChangeRule()
    acts = (RemoveRule(),)
    audit_word = "namespace_rule"

    def get_queryset(self, request: HttpRequest) -> QuerySet[NamespaceRule]:
        return list_rules(by=caller_behind(request))

    def name_of(self, subject: NamespaceRule) -> str:
        whom = subject.agent.slug if subject.agent else "every agent"
        return f"{whom} in {subject.namespace or 'everything'}"

    @admin.display(description="Namespace")
    def where(self, rule: NamespaceRule) -> SafeString:
        return mono(rule.namespace) if rule.namespace else mono("/")

    @admin.display(description="Agents")
    def whom(self, rule: NamespaceRule) -> Any:
        return rule.agent.slug if rule.agent else subtle("every agent")

    @admin.display(description="They may")
    def access_shown(self, rule: NamespaceRule) -> SafeString:
        return access_badge(rule)

    @admin.display(description="Made")
    def made(self, rule: NamespaceRule) -> SafeString:
        return ago(rule.created_at)

    def detail(self, request: HttpRequest, subject: NamespaceRule) -> dict[str, Any]:
        return {"state": access_badge(subject)}


def access_badge(rule: NamespaceRule) -> SafeString:
    said, tone = _ACCESS[Access(rule.access)]
    return badge(said, tone)
