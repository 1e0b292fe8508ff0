"""Executions: every call that was made, with what went in, what came out and where the time went."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts.chrome.cells import NOTHING, duration, moment, mono
from accounts.chrome.filters import MOST_CHOICES, ChoiceFilter, MenuFilter
from accounts.chrome.pages import Empty, TenantPages
from accounts.chrome.related import RelatedLink, offer
from accounts.ids import first_id_at, uuid_in
from accounts.models import Agent
from integrations.models import Connection
from registry.admin.artifacts import artifact_file, artifact_page
from registry.admin.cells import error_code, microseconds, status_badge
from registry.admin.execution_acts import CancelExecution
from registry.admin.family import family_of
from registry.admin.timings import timings_chart
from registry.models import Approval, Execution, Tool
from registry.models.execution import Status

MOST_TOOLS = 200
"""How many tools one search looks through."""

REFRESH_SECONDS = 2
"""How often the page of one that has not ended is read again."""

SPANS = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
    "month": ("Last 30 days", timedelta(days=30)),
}


class StatusFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "status", "status", "status", Status


class SpanFilter(MenuFilter):
    title, parameter_name = "time", "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        chosen = self.chosen()
        return queryset.filter(id__gte=first_id_at(timezone.now() - SPANS[chosen][1])) if chosen else queryset


class OwnerFilter(MenuFilter):
    """By one of the tenant's tools or agents: the first few by slug, and the one that a link asked for."""

    def of_all(self) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = {each.pk: each.slug for each in self.of_all().order_by("slug").only("slug")[:MOST_CHOICES]}
        asked = uuid_in(request.GET.get(str(self.parameter_name), ""))
        if asked is not None and asked not in found:
            found |= {each.pk: each.slug for each in self.of_all().filter(pk=asked).only("slug")}
        return [(str(pk), slug) for pk, slug in found.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        chosen = self.chosen()
        return queryset.filter(**{f"{self.parameter_name}_id": chosen}) if chosen else queryset


class ConnectionFilter(OwnerFilter):
    title, parameter_name = "connection", "connection"

    def of_all(self) -> QuerySet[Any]:
        return Connection.objects.all()


class ToolFilter(OwnerFilter):
    title, parameter_name = "tool", "tool"

    def of_all(self) -> QuerySet[Any]:
        return Tool.objects.all()


class AgentFilter(OwnerFilter):
    title, parameter_name = "agent", "agent"

    def of_all(self) -> QuerySet[Any]:
        return Agent.objects.all()


@admin.register(Execution)
class ExecutionPages(TenantPages):
    list_display = ("at_time", "what", "by_agent", "outcome", "took", "code")
    filters = (StatusFilter, ToolFilter, AgentFilter, ConnectionFilter, SpanFilter)
    list_select_related = ("agent",)
    search_fields = ("tool_slug",)
    search_help_text = "Search an id, a trace, a tool"
    ordering = ("-id",)
    sortable_by = ()
    acts = (CancelExecution(),)
    detail_template = "admin/registry/execution.html"
    empty = Empty(
        "No executions yet",
        "Each call of a tool is recorded here, also one that is refused. Register a tool and have an agent call it.",
        "admin/registry/no_executions.html",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "registry_execution_artifact"
        return [
            path("<path:object_id>/artifact/", wrap(require_safe(self.artifact_view)), name=name),
            path(
                "<path:object_id>/artifact/content/",
                wrap(require_safe(self.artifact_content_view)),
                name=f"{name}_content",
            ),
            *super().get_urls(),
        ]

    def artifact_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return artifact_page(self, request, self.found(request, object_id))

    def artifact_content_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return artifact_file(request, self.found(request, object_id))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        return (
            super()
            .get_queryset(request)
            .defer("sealed_input", "sealed_output", "request_digest")
            .select_related("agent")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Execution], search_term: str
    ) -> tuple[QuerySet[Execution], bool]:
        """By an id, or the beginning of a slug, both through an index; or else by a whole trace id, which reads on."""
        term = search_term.strip()
        asked = uuid_in(term)
        candidates = [
            queryset.filter(id=asked) if asked else queryset.none(),
            queryset.filter(_of_tools_like(term.lower())),
        ]
        found = next((each for each in candidates if each.order_by().exists()), queryset.filter(trace_id=term))
        return found if term else queryset, False

    @admin.display(description="Time (UTC)")
    def at_time(self, execution: Execution) -> str:
        return moment(execution.started_at)

    @admin.display(description="Tool")
    def what(self, execution: Execution) -> str:
        version = f"@{execution.version}" if execution.version else ""
        return format_html('{}<span class="qm-subtle qm-mono">{}</span>', mono(execution.tool_slug), version)

    @admin.display(description="Agent")
    def by_agent(self, execution: Execution) -> str:
        return execution.agent.slug if execution.agent else NOTHING

    @admin.display(description="Status")
    def outcome(self, execution: Execution) -> str:
        if execution.count == 1:
            return status_badge(execution)
        return format_html('{} <span class="qm-subtle">&times; {}</span>', status_badge(execution), execution.count)

    @admin.display(description="Duration")
    def took(self, execution: Execution) -> str:
        return duration(microseconds(execution))

    @admin.display(description="Error")
    def code(self, execution: Execution) -> str:
        found = error_code(execution)
        return mono(found) if found else NOTHING

    def name_of(self, subject: Execution) -> str:
        return f"{subject.tool_slug} {str(subject.id)[-12:]}"

    def detail(self, request: HttpRequest, subject: Execution) -> dict[str, Any]:
        return {
            "state": status_badge(subject),
            "approval": Approval.objects.filter(execution=subject).only("id", "state").first(),
            "took": duration(microseconds(subject)),
            "chart": timings_chart(subject.timings),
            "refresh_seconds": None if subject.finished_at else REFRESH_SECONDS,
            "percent": _percent(subject.progress),
            "family": family_of(subject),
            "connection": Connection.objects.filter(id=subject.connection_id).first()
            if subject.connection_id
            else None,
        }


def _percent(progress: dict[str, Any] | None) -> int | None:
    fraction = (progress or {}).get("fraction")
    return None if fraction is None else round(100 * fraction)


def _of_tools_like(beginning: str) -> Q:
    """Calls of tools whose slug begins so, also of those that there never were."""
    # A list, not a subquery: with values before it the planner uses the index `execution_by_tool`.
    tools = list(
        Tool.objects.filter(slug__startswith=beginning).order_by("slug").values_list("id", flat=True)[:MOST_TOOLS]
    )
    return Q(tool_id__in=tools) | Q(tool=None, tool_slug__startswith=beginning)


def _executions_of(parameter: str, subject: Any) -> str:
    return f"{reverse('admin:registry_execution_changelist')}?{parameter}={subject.pk}"


offer(Agent, RelatedLink("Executions", "bolt", lambda agent: _executions_of("agent", agent)))
offer(Tool, RelatedLink("Executions", "bolt", lambda tool: _executions_of("tool", tool)))
