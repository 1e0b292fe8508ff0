"""Approvals: the calls that wait for a person, to be answered here, and what became of those that were."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.caller import Caller
from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, ago, badge, duration, subtle, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.naming import names_of
from accounts.roles import Role, reaches
from registry.admin.approval_acts import Approve, ApproveAndRemember, Refuse, RefuseForm, RememberForm, may_remember
from registry.admin.cells import error_code, microseconds, status_badge
from registry.admin.executions import AgentFilter, ToolFilter
from registry.models import Approval
from registry.models.approval import ApprovalState

CARDS = 50
"""Waiting calls that are shown at once: those whose time is over first."""
SOON = timedelta(minutes=5)

_TONES = {
    ApprovalState.WAITING: INFO,
    ApprovalState.APPROVED: GOOD,
    ApprovalState.REFUSED: BAD,
    ApprovalState.EXPIRED: WARN,
    ApprovalState.WITHDRAWN: MUTE,
}


@dataclass(frozen=True)
class Card:
    """A waiting call as one decides about it."""

    it: Approval
    who: str
    hurry: bool
    """Whether its time is nearly over."""
    why_not: str
    """Why this person does not decide about it; empty: they may."""
    refuse: RefuseForm
    remember: RememberForm | None
    """None: this person makes no rules."""


class AnswerFilter(MenuFilter):
    """By the answer. What still waits stands above the list."""

    title, parameter_name = "answer", "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in ApprovalState if state is not ApprovalState.WAITING]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        chosen = self.chosen()
        return queryset.filter(state=chosen) if chosen else queryset.exclude(state=ApprovalState.WAITING)


@admin.register(Approval)
class ApprovalPages(TenantPages):
    list_display = ("what", "by_agent", "answered", "ran", "when")
    filters = (AnswerFilter, ToolFilter, AgentFilter)
    search_fields = ("tool_slug", "agent__slug")
    search_help_text = "Search tool, agent"
    ordering = ("-decided_at", "-id")
    sortable_by = ()
    change_list_template = "admin/registry/approval_list.html"
    detail_template = "admin/registry/approval.html"
    empty = Empty(
        "Nobody was asked yet",
        "When a permission rule says that a person decides, the call waits here, with its input, until somebody "
        "approves or refuses it.",
    )
    acts = (Approve(), ApproveAndRemember(), Refuse())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        rows: QuerySet[Approval] = super().get_queryset(request)
        return rows.select_related("agent", "execution").defer("input_digest", "execution__sealed_input")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        waiting = self.get_queryset(request).filter(state=ApprovalState.WAITING).order_by("expires_at", "id")
        found = list(waiting[:CARDS])
        context = {
            "cards": cards(found, caller_behind(request), may_decide=self.may_change(request)),
            "more": waiting.count() - len(found),
            "from_list": True,
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            name_deciders(response.context_data["cl"].result_list)
        return response

    def act_links(self, request: HttpRequest, subject: Approval, *, in_rows: bool = False) -> Any:
        if why_not(subject, caller_behind(request)):
            return []
        return super().act_links(request, subject, in_rows=in_rows)

    @admin.display(description="Tool")
    def what(self, approval: Approval) -> str:
        return two_lines(approval.tool_slug, approval.version)

    @admin.display(description="Wanted by")
    def by_agent(self, approval: Approval) -> str:
        return approval.agent.slug if approval.agent else subtle("a person")

    @admin.display(description="Answer")
    def answered(self, approval: Approval) -> str:
        who = getattr(approval, "decider", "")
        return format_html('{} <span class="qm-subtle">{}</span>', state_badge(approval), who)

    @admin.display(description="What came of it")
    def ran(self, approval: Approval) -> str:
        if approval.state != ApprovalState.APPROVED:
            return NOTHING
        return format_html(
            '<a class="qm-plain-link" href="{}">{}</a> <span class="qm-subtle">{}</span>',
            reverse("admin:registry_execution_change", args=[approval.execution_id]),
            status_badge(approval.execution),
            error_code(approval.execution) or duration(microseconds(approval.execution)),
        )

    @admin.display(description="When")
    def when(self, approval: Approval) -> str:
        return ago(approval.decided_at or approval.requested_at)

    def name_of(self, subject: Approval) -> str:
        return f"{subject} {str(subject.id)[-12:]}"

    def detail(self, request: HttpRequest, subject: Approval) -> dict[str, Any]:
        name_deciders([subject])
        caller = caller_behind(request)
        return {
            "state": state_badge(subject),
            "ran": status_badge(subject.execution),
            "took": duration(microseconds(subject.execution)),
            "why_not": why_not(subject, caller) if self.may_change(request) else "",
        }


def cards(waiting: list[Approval], caller: Caller, *, may_decide: bool) -> list[Card]:
    now = timezone.now()
    names = names_of(each.asked_by for each in waiting)
    return [
        Card(
            it=each,
            who=each.agent.slug if each.agent else names.get(each.asked_by, each.asked_by),
            hurry=each.expires_at - now < SOON,
            why_not=why_not(each, caller) if may_decide else "Your role looks on: operators and above decide.",
            refuse=RefuseForm(auto_id=f"refuse-{each.id}-%s"),
            remember=RememberForm(each, auto_id=f"remember-{each.id}-%s") if may_remember(caller) else None,
        )
        for each in waiting
    ]


def why_not(approval: Approval, caller: Caller) -> str:
    """What the verb would say, before somebody presses the button; empty: nothing."""
    if approval.state != ApprovalState.WAITING:
        return ""
    if approval.asked_by == caller.actor:
        return "This is your own call: somebody else decides."
    if approval.agent is not None and not reaches(caller.role, Role(approval.agent.role)):
        return f"This agent's role is above yours: somebody who is {approval.agent.role} decides."
    return ""


def name_deciders(approvals: Any) -> None:
    """Give each a `decider` that people know, in two queries for all."""
    approvals = list(approvals)
    names = names_of(each.decided_by for each in approvals)
    for each in approvals:
        system = "" if each.decided_by.startswith("system:") else each.decided_by
        each.decider = names.get(each.decided_by, system)


def state_badge(approval: Approval) -> str:
    state = ApprovalState(approval.state)
    return badge(str(state.label), _TONES[state])


def waiting_badge(request: HttpRequest) -> str:
    """How many wait, for the menu."""
    return str(Approval.objects.waiting().filter(tenant_id=caller_behind(request).tenant_id).count())
