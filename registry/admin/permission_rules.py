"""Permission rules, each as a sentence, and a panel that tells what would become of a call."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, MUTE, NOTHING, WARN, ago, badge, subtle
from accounts.chrome.filters import ChoiceFilter, MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.chrome.pretty import ticked
from accounts.decisions import Decision
from accounts.models import Tenant
from accounts.naming import name_of
from registry.admin.rule_acts import DisableRule, EditRule, EnableRule, NewRule, RemoveRule
from registry.admin.trying import tried
from registry.models import Approval, PermissionRule
from registry.permissions.sentences import say_condition, sentence_of

_TONES = {Decision.DENY: BAD, Decision.ASK: WARN, Decision.ALLOW: GOOD}


class EffectFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "effect", "effect", "effect", Decision


class ForceFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_force", "In force"), ("disabled", "Disabled"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PermissionRule]) -> QuerySet[PermissionRule]:
        now, chosen = timezone.now(), self.chosen()
        if chosen == "in_force":
            return queryset.exclude(expires_at__lte=now).filter(enabled=True)
        if chosen == "expired":
            return queryset.filter(expires_at__lte=now)
        return queryset.filter(enabled=False) if chosen else queryset


def effect_badge(effect: str) -> SafeString:
    return badge(Decision(effect).label, _TONES[Decision(effect)])


def is_out_of_force(rule: PermissionRule) -> bool:
    return not rule.enabled or (rule.expires_at is not None and rule.expires_at <= timezone.now())


@admin.register(PermissionRule)
class PermissionRulePages(TenantPages):
    list_display = ("rule", "effect_shown", "until", "state")
    filters = (EffectFilter, ForceFilter)
    search_fields = ("name", "note", "tools", "agents")
    search_help_text = "Search name, note, tools, agents"
    ordering = ("-id",)
    change_list_template = "admin/registry/rule_list.html"
    detail_template = "admin/registry/rule.html"
    empty = Empty(
        "No permission rules yet",
        "A rule says of which calls they are denied, allowed, or asked about. Without rules the defaults below decide.",
    )
    add_act = NewRule()
    edit_act = EditRule()
    acts = (EnableRule(), DisableRule(), RemoveRule())
    audit_word = "rule"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        form, told = tried(request)
        tenant = Tenant.objects.get(id=caller_behind(request).tenant_id)
        context = {
            "try_form": form,
            "told": told,
            "told_effect": effect_badge(told.decision) if told and told.decision else "",
            "matching": [(effect_badge(rule.effect), rule) for rule in told.matching] if told else [],
            "tenant_defaults": (effect_badge(tenant.default_decision), effect_badge(tenant.destructive_decision)),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Rule", ordering="name")
    def rule(self, rule: PermissionRule) -> str:
        return format_html(
            '<span class="qm-two qm-two-whole"><span class="qm-two-first">{}</span>'
            '<span class="qm-two-second">{}</span></span>',
            rule.name,
            ticked(sentence_of(rule)),
        )

    @admin.display(description="Effect", ordering="effect")
    def effect_shown(self, rule: PermissionRule) -> str:
        return effect_badge(rule.effect)

    @admin.display(description="Until", ordering="expires_at")
    def until(self, rule: PermissionRule) -> str:
        return ago(rule.expires_at) if rule.expires_at else NOTHING

    @admin.display(description="State", ordering="enabled")
    def state(self, rule: PermissionRule) -> str:
        if is_out_of_force(rule):
            return badge("Expired" if rule.enabled else "Disabled", MUTE)
        return subtle("In force")

    def detail(self, request: HttpRequest, subject: PermissionRule) -> dict[str, Any]:
        approval = Approval.objects.filter(id=subject.approval_id).first() if subject.approval_id else None
        return {
            "effect": effect_badge(subject.effect),
            "state": self.state(subject) if is_out_of_force(subject) else "",
            "sentence": ticked(sentence_of(subject)),
            "conditions": [ticked(say_condition(condition)) for condition in subject.conditions],
            "made_by": format_html("{}", name_of(subject.created_by)),
            "approval": approval,
        }
