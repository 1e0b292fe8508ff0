"""The inspector: every request that came to a source, and what became of it."""

from contextlib import nullcontext
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.chrome.cells import INFO, badge, moment, mono, subtle, two_lines
from accounts.chrome.filters import ChoiceFilter, MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.roles import Right
from webhooks.admin.cells import event_badge, queued_badge, routing_badge
from webhooks.admin.event_acts import ReadRaw, ReplayEvent
from webhooks.admin.event_detail import detail_of
from webhooks.admin.filters import SourceFilter, SpanFilter
from webhooks.admin.redo_pages import query_of, redo_page
from webhooks.admin.replaying import REPLAY
from webhooks.events.search import patience
from webhooks.models import WebhookEvent, WebhookRun
from webhooks.models.event import EventStatus, Origin, Routing

SHOWN_RUNS = 3
"""In a row of the list."""


class StatusFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "status", "status", "status", EventStatus


class RoutingFilter(MenuFilter):
    title, parameter_name = "routing", "routing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.value, str(each.label)) for each in Routing if each is not Routing.NONE]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> QuerySet[WebhookEvent]:
        chosen = self.chosen()
        return queryset.filter(routing=chosen) if chosen else queryset


class OriginFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "origin", "origin", "origin", Origin


@admin.register(WebhookEvent)
class EventPages(TenantPages):
    plural = "events"
    list_display = ("at_time", "what", "from_source", "outcome", "became")
    filters = (SourceFilter, StatusFilter, RoutingFilter, SpanFilter, OriginFilter)
    list_select_related = ("source",)
    search_fields = ("external_id",)
    search_help_text = "Search id, type, payload"
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/webhooks/event_list.html"
    detail_template = "admin/webhooks/event.html"
    empty = Empty(
        "No events yet",
        "Whatever comes to a source is listed here, also what is refused, with the reason. Make a source, and have its "
        "service send something, or send a test event from the source's page.",
        "admin/webhooks/no_events.html",
    )

    acts = (ReplayEvent(), ReadRaw())
    audit_word = "webhook_event"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("replay/", wrap(self.replay_view), name="webhooks_webhookevent_replays"), *super().get_urls()]

    def replay_view(self, request: HttpRequest) -> HttpResponse:
        return redo_page(self, request, REPLAY)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A search through payloads is not waited for for ever."""
        context = {"may_redo": caller_behind(request).may(Right.CALL), "redo_query": query_of(request)}
        with patience() if request.GET.get("q") else nullcontext():
            return super().changelist_view(request, context | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        """By our id or the provider's, through an index; or else by type and by what stands in payloads."""
        term = search_term.strip()
        if not term:
            return queryset, False
        asked = uuid_in(term)
        named = queryset.filter(Q(id=asked) | Q(external_id=term)) if asked else queryset.filter(external_id=term)
        if named.order_by().exists():
            return named, False
        written = queryset.annotate(written=Cast("payload", TextField()))
        return written.filter(Q(event_type__istartswith=term) | Q(written__icontains=term)), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        rows: QuerySet[WebhookEvent] = super().get_queryset(request)
        return rows.defer("dedup_key", "once_key").select_related("source", "tenant")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the runs of each row, and without payloads, which no row shows."""
        cl = super().get_changelist_instance(request)
        runs = WebhookRun.objects.select_related("route").order_by("id")
        cl.result_list = list(
            cl.result_list.defer("payload", "verdict", "matches", "sealed_head", "sealed_body").prefetch_related(
                Prefetch("runs", queryset=runs, to_attr="known_runs")
            )
        )
        return cl

    def name_of(self, subject: WebhookEvent) -> str:
        return f"{subject.event_type or subject.get_status_display()} {str(subject.pk)[-12:]}"

    @admin.display(description="Time (UTC)")
    def at_time(self, event: WebhookEvent) -> SafeString:
        return moment(event.received_at)

    @admin.display(description="Event")
    def what(self, event: WebhookEvent) -> SafeString:
        kind = event.event_type or subtle("no type")
        if event.origin == Origin.TEST:
            kind = format_html("{} {}", kind, badge("Test", INFO, dot=False))
        return two_lines(kind, event.external_id)

    @admin.display(description="Source")
    def from_source(self, event: WebhookEvent) -> str:
        return event.source.slug

    @admin.display(description="Status")
    def outcome(self, event: WebhookEvent) -> SafeString:
        shown = event_badge(event)
        return format_html("{} {}", shown, mono(event.reason)) if event.reason else shown

    @admin.display(description="Became")
    def became(self, event: WebhookEvent) -> SafeString:
        runs: list[WebhookRun] = event.known_runs  # type: ignore[attr-defined]
        if not runs:
            return routing_badge(event)
        more = subtle(f"+{len(runs) - SHOWN_RUNS}") if len(runs) > SHOWN_RUNS else ""
        shown = format_html_join(
            "",
            '<span class="qm-run-line">{} <span class="qm-subtle">{}</span></span>',
            ((queued_badge(run), run.route.slug) for run in runs[:SHOWN_RUNS]),
        )
        return format_html('<span class="qm-run-lines">{}{}</span>', shown, more)

    def detail(self, request: HttpRequest, subject: WebhookEvent) -> dict[str, Any]:
        return detail_of(request, subject)
