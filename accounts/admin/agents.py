"""Agents: what calls tools, with the keys it shows at the door."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.issuing import IssueKey
from accounts.admin.key_cells import key_state
from accounts.agents import change_agent, create_agent
from accounts.chrome.acts import Act
from accounts.chrome.cells import MUTE, NOTHING, ago, badge, subtle, two_lines
from accounts.chrome.enabling import Disable, Enable
from accounts.chrome.filters import ChoiceFilter, WordFilter, YesNoFilter
from accounts.chrome.forms import ActForm, JsonField, slug_field
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.models import Agent, ApiKey, Tenant
from accounts.roles import Role

SHOWN_KEYS = 50


class AgentForm(ActForm):
    name = forms.CharField(max_length=200, required=False, help_text="As people know it, e.g. Support triage.")
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.OPERATOR,
        help_text="What its keys may do. An operator calls tools; a viewer only reads the catalogue.",
    )
    provider = forms.CharField(
        max_length=64, required=False, help_text="The runtime it runs in: claude_code, anthropic, openai, … Optional."
    )
    rate_limit = JsonField(
        kind=dict,
        label="Rate limit",
        help_text='For all of its calls together, e.g. {"per_minute": 60, "burst": 10}. Empty: none of its own.',
    )
    concurrency = JsonField(kind=dict, help_text='Calls at the same time, e.g. {"most": 5}. Empty: any number.')
    quota = JsonField(
        kind=dict, help_text='Calls per day and month (UTC), e.g. {"per_day": 1000, "per_month": 20000}. Empty: none.'
    )


class NewAgentForm(AgentForm):
    slug = slug_field("scout", "Its name in rules and logs. It cannot be changed later.")
    field_order = ("slug",)


class NewAgent(Act):
    name = "add"
    label = "New agent"
    button = "Make the agent"
    done = "Agent {subject} is made. Issue a key for it, and it can call tools."
    icon = "add"
    form_class = NewAgentForm

    def explain(self, subject: Any) -> str:
        return "An agent is a program that calls tools. It shows an API key, which you issue when it is made."

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Agent:
        caller = caller_behind(request)
        role = Role(values.pop("role"))
        return create_agent(tenant=Tenant.objects.get(id=caller.tenant_id), role=role, by=caller, **values)


class EditAgent(Act):
    name = "edit"
    label = "Edit"
    button = "Save"
    done = "{subject} is changed."
    icon = "edit"
    form_class = AgentForm

    def initial(self, request: HttpRequest, subject: Agent) -> dict[str, Any]:
        return {field: getattr(subject, field) for field in AgentForm.base_fields}

    def perform(self, request: HttpRequest, subject: Agent, values: dict[str, Any]) -> Agent:
        return change_agent(agent=subject, by=caller_behind(request), changes=values)


class EnableAgent(Enable):
    def explain(self, subject: Any) -> str:
        return "Its keys open the door again, from the next call on."

    def set_enabled(self, request: HttpRequest, subject: Agent, enabled: bool) -> Agent:
        return change_agent(agent=subject, by=caller_behind(request), changes={"enabled": enabled})


class DisableAgent(Disable):
    def explain(self, subject: Any) -> str:
        return "None of its keys opens anything from the next call on. Nothing is lost: it can be enabled again."

    def set_enabled(self, request: HttpRequest, subject: Agent, enabled: bool) -> Agent:
        return change_agent(agent=subject, by=caller_behind(request), changes={"enabled": enabled})


class RoleFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "role", "role", "role", Role


class ProviderFilter(WordFilter):
    title, parameter_name, field = "provider", "provider", "provider"


class EnabledFilter(YesNoFilter):
    title, parameter_name, field, yes, no = "state", "enabled", "enabled", "Enabled", "Disabled"


@admin.register(Agent)
class AgentPages(TenantPages):
    list_display = ("agent", "role_name", "provider_name", "keys", "last_used", "state")
    filters = (RoleFilter, ProviderFilter, EnabledFilter)
    search_fields = ("slug", "name", "description")
    search_help_text = "Search slug, name, description"
    ordering = ("slug",)
    detail_template = "admin/accounts/agent.html"
    empty = Empty(
        "No agents yet",
        "An agent is a program that calls tools. Make one, issue a key for it, and put the key where it runs.",
    )
    add_act = NewAgent()
    edit_act = EditAgent()
    acts = (IssueKey(), EnableAgent(), DisableAgent())

    def get_queryset(self, request: HttpRequest) -> Any:
        usable = Q(keys__revoked_at=None) & (Q(keys__expires_at=None) | Q(keys__expires_at__gt=timezone.now()))
        return (
            super()
            .get_queryset(request)
            .annotate(usable_keys=Count("keys", filter=usable), key_used_at=Max("keys__last_used_at"))
        )

    @admin.display(ordering="slug")
    def agent(self, agent: Agent) -> str:
        return two_lines(agent.slug, agent.name)

    @admin.display(description="Role", ordering="role")
    def role_name(self, agent: Agent) -> str:
        return badge(agent.get_role_display(), MUTE, dot=False)

    @admin.display(description="Provider", ordering="provider")
    def provider_name(self, agent: Agent) -> str:
        return agent.provider or NOTHING

    @admin.display(description="Usable keys", ordering="usable_keys")
    def keys(self, agent: Agent) -> str:
        return str(agent.usable_keys)  # type: ignore[attr-defined]

    @admin.display(description="Last call", ordering="key_used_at")
    def last_used(self, agent: Agent) -> str:
        return ago(agent.key_used_at)  # type: ignore[attr-defined]

    @admin.display(description="State", ordering="enabled")
    def state(self, agent: Agent) -> str:
        return subtle("Enabled") if agent.enabled else badge("Disabled", MUTE)

    def detail(self, request: HttpRequest, subject: Agent) -> dict[str, Any]:
        context: dict[str, Any] = {"state": self.state(subject)}
        if request.user.has_perm("accounts.view_apikey"):
            pages = cast(TenantPages, self.admin_site.get_model_admin(ApiKey))
            context["keys"] = [
                {"key": key, "state": key_state(key), "acts": pages.act_links(request, key, in_rows=True)}
                for key in subject.keys.all()[:SHOWN_KEYS]
            ]
        return context
