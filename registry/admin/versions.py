"""Versions: what a tool promised at a time, for ever the same but for its state."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.chrome.cells import NOTHING, ago, mono
from accounts.chrome.filters import ChoiceFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from registry.admin.cells import version_badge
from registry.admin.version_acts import DeprecateVersion, RetireVersion
from registry.models import ToolVersion
from registry.models.version import VersionState


class StateFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "state", "state", "state", VersionState


class TransportFilter(WordFilter):
    title, parameter_name, field = "transport", "transport", "transport"


@admin.register(ToolVersion)
class ToolVersionPages(TenantPages):
    list_display = ("of_tool", "number", "state_name", "transport_name", "published", "sunset")
    filters = (StateFilter, TransportFilter)
    list_select_related = ("tool",)
    search_fields = ("tool__slug", "version")
    search_help_text = "Search tool, version"
    ordering = ("-created_at",)
    detail_template = "admin/registry/version.html"
    empty = Empty("No versions yet", "A tool is registered with its first version.", "admin/registry/no_tools.html")
    audit_word = "version"
    plural = "versions"
    acts = (DeprecateVersion(), RetireVersion())

    def may_change(self, request: HttpRequest, subject: ToolVersion | None = None) -> bool:
        """A version of a tool that all tenants share is the platform owner's."""
        if subject is not None and subject.tenant_id is None and not caller_behind(request).is_platform_owner:
            return False
        return super().may_change(request, subject)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToolVersion]:
        return super().get_queryset(request).select_related("tool")

    @admin.display(description="Tool", ordering="tool__slug")
    def of_tool(self, version: ToolVersion) -> str:
        return version.tool.slug

    @admin.display(description="Version")
    def number(self, version: ToolVersion) -> str:
        return mono(version.version)

    @admin.display(description="State", ordering="state")
    def state_name(self, version: ToolVersion) -> str:
        return version_badge(version)

    @admin.display(description="Transport", ordering="transport")
    def transport_name(self, version: ToolVersion) -> str:
        return version.transport

    @admin.display(description="Published", ordering="created_at")
    def published(self, version: ToolVersion) -> str:
        return ago(version.created_at)

    @admin.display(description="Sunset", ordering="sunset_at")
    def sunset(self, version: ToolVersion) -> str:
        return ago(version.sunset_at) if version.sunset_at else NOTHING

    def name_of(self, subject: ToolVersion) -> str:
        return f"{subject.tool.slug} {subject.version}"

    def detail(self, request: HttpRequest, subject: ToolVersion) -> dict[str, Any]:
        return {"state": version_badge(subject)}
