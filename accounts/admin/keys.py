"""All API keys of the tenant, to find the one that expires, leaks or is used by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.issuing import RotateKey, SetNetworks
from accounts.admin.key_cells import SOON, key_state
from accounts.chrome.acts import Act
from accounts.chrome.cells import ago, mono, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.keys import revoke_key
from accounts.models import ApiKey


class RevokeKey(Act):
    name = "revoke"
    label = "Revoke"
    done = "The key {subject} is revoked."
    icon = "block"
    danger = True
    in_rows = True

    def offered(self, subject: ApiKey) -> bool:
        return subject.revoked_at is None

    def explain(self, subject: ApiKey) -> str:
        return "The key opens nothing from the next call on. This cannot be undone; a new key can be issued."

    def perform(self, request: HttpRequest, subject: ApiKey, values: dict[str, Any]) -> ApiKey:
        return revoke_key(key=subject, by=caller_behind(request))


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("soon", "Expires soon"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        now = timezone.now()
        living = Q(revoked_at=None)
        conditions = {
            "usable": living & (Q(expires_at=None) | Q(expires_at__gt=now)),
            "soon": living & Q(expires_at__gt=now, expires_at__lt=now + SOON),
            "expired": living & Q(expires_at__lte=now),
            "revoked": ~living,
        }
        chosen = self.chosen()
        return queryset.filter(conditions[chosen]) if chosen else queryset


@admin.register(ApiKey)
class ApiKeyPages(TenantPages):
    list_display = ("key", "of_agent", "state", "expires", "last_used", "created")
    filters = (StateFilter,)
    list_select_related = ("agent",)
    search_fields = ("name", "prefix", "agent__slug")
    search_help_text = "Search name, first letters, agent"
    ordering = ("-created_at",)
    detail_template = "admin/accounts/key.html"
    empty = Empty("No API keys yet", "Keys belong to agents: open an agent and issue one.")
    acts = (RotateKey(), SetNetworks(), RevokeKey())
    audit_word = "key"
    plural = "API keys"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).defer("digest").select_related("agent")

    @admin.display(ordering="name")
    def key(self, key: ApiKey) -> str:
        return two_lines(key.name, mono(f"{key.prefix}…"))

    @admin.display(description="Agent", ordering="agent__slug")
    def of_agent(self, key: ApiKey) -> str:
        url = reverse("admin:accounts_agent_change", args=[key.agent_id])
        return format_html('<a class="qm-link" href="{}">{}</a>', url, key.agent.slug)

    @admin.display(description="State")
    def state(self, key: ApiKey) -> str:
        return key_state(key)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return ago(key.expires_at) if key.expires_at else "never"

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> str:
        return ago(key.last_used_at)

    @admin.display(description="Issued", ordering="created_at")
    def created(self, key: ApiKey) -> str:
        return ago(key.created_at)

    def detail(self, request: HttpRequest, subject: ApiKey) -> dict[str, Any]:
        return {"state": self.state(subject)}
