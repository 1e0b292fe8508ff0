"""Dead letters, and all other runs: an event on a route, with every attempt."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import NOTHING, ago, moment, two_lines
from accounts.chrome.filters import ChoiceFilter, MenuFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.roles import Right
from webhooks.admin.cells import cause_choices, cause_of, error_of, queued_badge, took
from webhooks.admin.filters import DefaultedFilter, RouteFilter, SpanFilter
from webhooks.admin.redo_pages import query_of, redo_page
from webhooks.admin.redriving import REDRIVE
from webhooks.admin.run_acts import CancelRun, RedriveRun
from webhooks.models import WebhookAttempt, WebhookRun
from webhooks.models.queued import QueueStatus
from webhooks.models.route import Target

REFRESH_SECONDS = 2
SHOWN_ATTEMPTS = 100


class StatusFilter(DefaultedFilter):
    """The dead ones, unless asked otherwise."""

    title, parameter_name, field, choice_set = "status", "status", "status", QueueStatus
    default = QueueStatus.DEAD.value


class CauseFilter(MenuFilter):
    title, parameter_name = "cause", "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return cause_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookRun]) -> QuerySet[WebhookRun]:
        chosen = self.chosen()
        return queryset.filter(cause=chosen) if chosen else queryset


class CodeFilter(WordFilter):
    title, parameter_name, field = "error", "code", "code"


class TargetFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "for", "target", "target", Target


@admin.register(WebhookRun)
class RunPages(TenantPages):
    plural = "dead letters"
    list_display = ("what", "on_route", "outcome", "cause_shown", "error", "tries", "when")
    filters = (StatusFilter, CauseFilter, RouteFilter, CodeFilter, TargetFilter, SpanFilter)
    list_select_related = ("event__source", "route")
    search_fields = ("id",)
    search_help_text = "Search id of a run, an event, an execution"
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/webhooks/run_list.html"
    detail_template = "admin/webhooks/run.html"
    empty = Empty(
        "Nothing has died",
        "An event that could not be acted on, and that no further attempt would help, is listed here until somebody "
        "has it tried again.",
        "admin/webhooks/no_runs.html",
    )
    acts = (RedriveRun(), CancelRun())
    audit_word = "webhook_run"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("redrive/", wrap(self.redrive_view), name="webhooks_webhookrun_redrives"), *super().get_urls()]

    def redrive_view(self, request: HttpRequest) -> HttpResponse:
        return redo_page(self, request, REDRIVE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookRun]:
        rows: QuerySet[WebhookRun] = super().get_queryset(request)
        heavy = ("sealed_head", "sealed_body", "payload", "matches", "verdict", "dedup_key", "once_key")
        return rows.select_related("event__source", "route", "agent").defer(*(f"event__{name}" for name in heavy))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """It is called by what it shows."""
        is_dead = request.GET.get("status", StatusFilter.default) == StatusFilter.default
        context = {
            "may_redo": is_dead and caller_behind(request).may(Right.CALL),
            "redo_query": query_of(request),
            **({} if is_dead else {"title": "Runs"}),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookRun], search_term: str
    ) -> tuple[QuerySet[WebhookRun], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        asked = uuid_in(term)
        if asked is None:
            return queryset.none(), False
        found = queryset.filter(id=asked) | queryset.filter(event_id=asked) | queryset.filter(execution_id=asked)
        return found, False

    def name_of(self, subject: WebhookRun) -> str:
        return f"{subject.route.slug} {str(subject.pk)[-12:]}"

    @admin.display(description="Event")
    def what(self, run: WebhookRun) -> SafeString:
        return two_lines(run.event.event_type or "no type", f"{run.event.source.slug} · {run.event.external_id}")

    @admin.display(description="Route")
    def on_route(self, run: WebhookRun) -> SafeString:
        return format_html("{}", run.route.slug)

    @admin.display(description="Status")
    def outcome(self, run: WebhookRun) -> SafeString:
        return queued_badge(run)

    @admin.display(description="Whose matter")
    def cause_shown(self, run: WebhookRun) -> SafeString:
        return cause_of(run)

    @admin.display(description="Error")
    def error(self, run: WebhookRun) -> SafeString:
        return error_of(run)

    @admin.display(description="Attempts")
    def tries(self, run: WebhookRun) -> str:
        return f"{run.attempts:,}"

    @admin.display(description="When")
    def when(self, run: WebhookRun) -> SafeString:
        """When it ended; of one that waits, when the next attempt is due."""
        if run.status == QueueStatus.WAITING:
            return ago(run.due_at) if run.target == Target.TOOL or run.attempts else NOTHING
        return ago(run.finished_at or run.first_attempt_at)

    def detail(self, request: HttpRequest, subject: WebhookRun) -> dict[str, Any]:
        return {
            "state": queued_badge(subject),
            "cause": cause_of(subject),
            "took": took(subject),
            "began": moment(subject.first_attempt_at),
            "attempts": list(WebhookAttempt.objects.filter(run=subject).order_by("id")[:SHOWN_ATTEMPTS]),
            "refresh_seconds": REFRESH_SECONDS if _is_under_way(subject) else None,
        }


def _is_under_way(run: WebhookRun) -> bool:
    waits = run.status == QueueStatus.WAITING and run.due_at is not None and not run.attempts
    return run.status == QueueStatus.RUNNING or (waits and run.target == Target.TOOL)
