"""Tools: the catalogue, with each one's health and how much it is called."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from accounts.chrome.cells import INFO, NOTHING, badge, mono, two_lines
from accounts.chrome.filters import ChoiceFilter, MenuFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import first_id_at
from registry import semver
from registry.admin.breaker_acts import HoldBreaker, ReleaseBreaker
from registry.admin.cells import error_code, health_badge, microseconds, state_badge, status_badge, version_badge
from registry.admin.command import curl
from registry.admin.limit_acts import LimitTool
from registry.admin.tool_acts import (
    DisableForAll,
    DisableTool,
    EditTool,
    EnableForAll,
    EnableTool,
    PublishVersion,
    PurgeCache,
    RegisterTool,
    RetireTool,
    is_on,
)
from registry.admin.tool_connection import goes_out_with
from registry.models import Execution, TenantTool, Tool, ToolVersion
from registry.models.health import HealthStatus
from registry.models.tool import NodeType, Source
from registry.schemas.example import example_input

FIRST_TOOL = {
    "slug": "echo",
    "name": "Echo",
    "description": "Answers with what it was sent.",
    "version": "1.0.0",
    "transport": "http",
    "definition": {"method": "POST", "url": "https://httpbin.org/anything", "body": "rest"},
    "input_schema": {"type": "object"},
}

DAY = timedelta(days=1)
SHOWN_VERSIONS = 10
SHOWN_EXECUTIONS = 8


class CategoryFilter(WordFilter):
    title, parameter_name, field = "category", "category", "category"


class SourceFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "source", "source", "source", Source


class NodeTypeFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "node type", "node_type", "node_type", NodeType


class HealthFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "health", "health", "health__status", HealthStatus


class StateFilter(MenuFilter):
    """Retired tools are listed only when one asks for them."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("enabled", "Enabled"), ("disabled", "Disabled"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tool]) -> QuerySet[Tool]:
        chosen = self.chosen()
        if chosen == "retired":
            return queryset.exclude(retired_at=None)
        living = queryset.filter(retired_at=None)
        on = Q(enabled=True, switched_off=False)
        return living.filter(on if chosen == "enabled" else ~on) if chosen else living


def calls_since(at: Any) -> Coalesce:
    """How often a tool was called, as a subquery over one range of the index `execution_by_tool`."""
    calls = (
        Execution.objects.filter(tool_id=OuterRef("pk"), id__gte=first_id_at(at))
        .order_by()
        .values("tool_id")
        .annotate(calls=Sum("count"))
        .values("calls")
    )
    return Coalesce(Subquery(calls, output_field=IntegerField()), 0)


@admin.register(Tool)
class ToolPages(TenantPages):
    list_display = ("tool", "category_name", "latest", "health_state", "calls", "state")
    filters = (CategoryFilter, HealthFilter, StateFilter, SourceFilter, NodeTypeFilter)
    list_select_related = ("health",)
    search_fields = ("slug", "name", "description")
    search_help_text = "Search slug, name, description"
    ordering = ("slug",)
    change_list_template = "admin/registry/tool_list.html"
    detail_template = "admin/registry/tool.html"
    empty = Empty(
        "No tools yet",
        "A tool is something an agent can call: an HTTP service or a built-in function. Register one here, or with a "
        "single request:",
        "admin/registry/no_tools.html",
    )
    add_act = RegisterTool()
    edit_act = EditTool()
    acts = (
        PublishVersion(),
        LimitTool(),
        HoldBreaker(),
        ReleaseBreaker(),
        PurgeCache(),
        EnableTool(),
        DisableTool(),
        EnableForAll(),
        DisableForAll(),
        RetireTool(),
    )

    def may_change(self, request: HttpRequest, subject: Tool | None = None) -> bool:
        """A tool that all tenants share is changed by the platform's owner only."""
        if subject is not None and subject.tenant_id is None and not caller_behind(request).is_platform_owner:
            return False
        return super().may_change(request, subject)

    def may_switch(self, request: HttpRequest) -> bool:
        """A shared tool, too: a tenant switches it for itself alone."""
        return super().may_change(request)

    def get_queryset(self, request: HttpRequest) -> Any:
        versions = ToolVersion.objects.only("tool_id", "version", "state")
        return (
            super()
            .get_queryset(request)
            .select_related("health")
            .prefetch_related(Prefetch("versions", versions, to_attr="known_versions"))
            .annotate(
                calls_today=calls_since(timezone.now() - DAY),
                switched_off=Exists(TenantTool.objects.filter(tool=OuterRef("pk"), enabled=False)),
            )
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {
            "command": curl(request.build_absolute_uri("/api/v1/tools/"), FIRST_TOOL),
            "has_none_of_its_own": not Tool.objects.exclude(tenant=None).exists(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(ordering="slug")
    def tool(self, tool: Tool) -> str:
        return two_lines(tool.slug, tool.name)

    @admin.display(description="Category", ordering="category")
    def category_name(self, tool: Tool) -> str:
        return tool.category or NOTHING

    @admin.display(description="Version")
    def latest(self, tool: Tool) -> str:
        version = semver.shown(tool.known_versions)  # type: ignore[attr-defined]
        return mono(version.version) if version else NOTHING

    @admin.display(description="Health", ordering="health__status")
    def health_state(self, tool: Tool) -> str:
        return health_badge(tool)

    @admin.display(description="Calls, 24 h", ordering="calls_today")
    def calls(self, tool: Tool) -> str:
        return f"{tool.calls_today:,}"  # type: ignore[attr-defined]

    @admin.display(description="State", ordering="enabled")
    def state(self, tool: Tool) -> str:
        return state_badge(tool, is_on=is_on(tool))

    def detail(self, request: HttpRequest, subject: Tool) -> dict[str, Any]:
        versions = sorted(subject.versions.all(), key=lambda each: semver.parsed(each.version), reverse=True)
        latest = semver.shown(versions)
        recent = subject.executions.select_related("agent").defer(
            "input", "output", "sealed_input", "sealed_output", "request_digest"
        )
        return {
            "state": ""
            if is_on(subject) and subject.retired_at is None
            else state_badge(subject, is_on=is_on(subject)),
            "health": health_badge(subject),
            "shared": badge("Shared", INFO, dot=False) if subject.tenant_id is None else "",
            "latest": latest,
            "goes_out_with": goes_out_with(request, subject),
            "versions": [(each, version_badge(each)) for each in versions[:SHOWN_VERSIONS]],
            "executions": [
                {"it": each, "status": status_badge(each), "took": microseconds(each), "code": error_code(each)}
                for each in recent[:SHOWN_EXECUTIONS]
            ],
            "command": curl(
                request.build_absolute_uri(f"/api/v1/tools/{subject.slug}/execute/"),
                {"input": example_input(latest.input_schema if latest else {})},
            ),
        }
