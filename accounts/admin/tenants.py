"""Tenants: everybody sees their own, the platform's owner sees all and makes new ones."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.cells import GOOD, ago, badge, subtle, two_lines
from accounts.chrome.forms import ActForm, JsonField, WordsField, slug_field
from accounts.chrome.pages import Empty, caller_behind
from accounts.chrome.platform import PlatformPages
from accounts.decisions import Decision
from accounts.models import Tenant
from accounts.tenants import LIMITS, change_tenant, create_tenant


class NewTenantForm(ActForm):
    name = forms.CharField(max_length=200, help_text="The customer's name.")
    slug = slug_field("acme", "In addresses and logs. It cannot be changed later.")


class NewTenant(Act):
    name = "add"
    label = "New tenant"
    button = "Make the tenant"
    done = "Tenant {subject} is made. Switch to it, and invite its first owner."
    icon = "add_business"
    form_class = NewTenantForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).is_platform_owner

    def explain(self, subject: Any) -> str:
        return "A tenant has its own people, agents, tools and executions, and sees nobody else's."

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Tenant:
        return create_tenant(slug=values["slug"], name=values["name"], actor=caller_behind(request).actor)


class EditTenantForm(ActForm):
    name = forms.CharField(max_length=200)
    rate_limit = JsonField(
        kind=dict,
        label="Rate limit",
        help_text='For all calls of the tenant together, e.g. {"per_minute": 600, "burst": 50}. Empty: none.',
    )
    concurrency = JsonField(kind=dict, help_text='Calls at the same time, e.g. {"most": 50}. Empty: any number.')
    quota = JsonField(kind=dict, help_text='Calls per day and month (UTC), e.g. {"per_day": 10000}. Empty: none.')
    artifact_quota_bytes = forms.IntegerField(
        label="Artifacts' quota (bytes)",
        required=False,
        min_value=0,
        help_text="How much its artifacts may take together. Empty: the installation's.",
    )
    artifact_ttl_seconds = forms.IntegerField(
        label="Seconds to keep an artifact",
        required=False,
        help_text="Unless its tool says otherwise. Empty: the installation's.",
    )
    approval_expires_seconds = forms.IntegerField(
        label="Seconds to decide about a call",
        required=False,
        help_text="How long people have to approve or refuse a call that waits for them. Empty: the installation's.",
    )
    default_decision = forms.ChoiceField(
        label="Calls that no rule fits",
        choices=Decision.choices,
        help_text="What becomes of them. Permission rules say otherwise for some.",
    )
    destructive_decision = forms.ChoiceField(
        label="The same for destructive tools",
        choices=Decision.choices,
        help_text="Those whose version declares the permission `destructive`.",
    )
    allowed_networks = WordsField(
        label="Allowed networks",
        example="203.0.113.0/24, 2001:db8::/32",
        help_text="Where people and agents may come from. Your own address has to be in one of them. Empty: anywhere.",
    )
    halves = frozenset({"default_decision", "destructive_decision"})


class EditTenant(Act):
    name = "edit"
    label = "Edit"
    button = "Save"
    done = "{subject} is changed."
    icon = "edit"
    form_class = EditTenantForm

    def form(self, request: HttpRequest, subject: Tenant, data: Any = None) -> ActForm:
        form = super().form(request, subject, data)
        if not caller_behind(request).is_platform_owner:
            for limit in LIMITS:
                del form.fields[limit]
        return form

    def initial(self, request: HttpRequest, subject: Tenant) -> dict[str, Any]:
        return {field: getattr(subject, field) for field in EditTenantForm.base_fields}

    def perform(self, request: HttpRequest, subject: Tenant, values: dict[str, Any]) -> Tenant:
        return change_tenant(tenant=subject, by=caller_behind(request), changes=values)


@admin.register(Tenant)
class TenantTablePages(PlatformPages):
    list_display = ("tenant", "people_count", "agent_count", "current", "since")
    search_fields = ("slug", "name")
    search_help_text = "Search slug, name"
    ordering = ("slug",)
    detail_template = "admin/accounts/tenant.html"
    empty = Empty("No tenant", "")
    add_act = NewTenant()
    edit_act = EditTenant()

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(
                number_of_people=Count("people", distinct=True),
                number_of_agents=Count("agents", distinct=True),
                is_here=Q(id=caller_behind(request).tenant_id),
            )
        )

    @admin.display(ordering="name")
    def tenant(self, tenant: Tenant) -> str:
        return two_lines(tenant.name, tenant.slug)

    @admin.display(description="People", ordering="number_of_people")
    def people_count(self, tenant: Tenant) -> str:
        return str(tenant.number_of_people)  # type: ignore[attr-defined]

    @admin.display(description="Agents", ordering="number_of_agents")
    def agent_count(self, tenant: Tenant) -> str:
        return str(tenant.number_of_agents)  # type: ignore[attr-defined]

    @admin.display(description="You are")
    def current(self, tenant: Tenant) -> str:
        return badge("here", GOOD) if tenant.is_here else subtle("elsewhere")  # type: ignore[attr-defined]

    @admin.display(description="Since", ordering="created_at")
    def since(self, tenant: Tenant) -> str:
        return ago(tenant.created_at)

    def detail(self, request: HttpRequest, subject: Tenant) -> dict[str, Any]:
        caller = caller_behind(request)
        return {"is_here": subject.id == caller.tenant_id, "may_switch": caller.is_platform_owner}
