"""Deliveries: each event that a subscription was, or is to be, told of."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import ago, moment, two_lines
from accounts.chrome.filters import ChoiceFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.roles import Right
from webhooks.admin.cells import error_of, queued_badge, took
from webhooks.admin.delivery_acts import Resend
from webhooks.admin.filters import SpanFilter, SubscriptionFilter
from webhooks.admin.redo_pages import query_of, redo_page
from webhooks.admin.sending_again import SEND_AGAIN
from webhooks.models import WebhookAttempt, WebhookDelivery
from webhooks.models.queued import QueueStatus
from webhooks.telling.log import deliveries_for

REFRESH_SECONDS = 2
SHOWN_ATTEMPTS = 100
MESSAGE = "msg_"


class StatusFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "status", "status", "status", QueueStatus


class TypeFilter(WordFilter):
    title, parameter_name, field = "event", "event_type", "event_type"


@admin.register(WebhookDelivery)
class DeliveryPages(TenantPages):
    plural = "deliveries"
    list_display = ("at_time", "what", "to_whom", "outcome", "error", "tries", "next_one")
    filters = (StatusFilter, SubscriptionFilter, TypeFilter, SpanFilter)
    list_select_related = ("subscription",)
    search_fields = ("id",)
    search_help_text = "Search an id, msg_…"
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/webhooks/delivery_list.html"
    detail_template = "admin/webhooks/delivery.html"
    empty = Empty(
        "Nothing was delivered yet",
        "What a subscription is told of is listed here, each with its attempts.",
        "admin/webhooks/no_deliveries.html",
    )
    acts = (Resend(),)
    audit_word = "webhook_delivery"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("redrive/", wrap(self.redrive_view), name="webhooks_webhookdelivery_redrives"),
            *super().get_urls(),
        ]

    def redrive_view(self, request: HttpRequest) -> HttpResponse:
        return redo_page(self, request, SEND_AGAIN)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"may_redo": caller_behind(request).may(Right.CALL), "redo_query": query_of(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Without what this person may not read."""
        rows = deliveries_for(caller_behind(request)).order_by("-id")
        return rows.defer("payload", "subscription__sealed_secret", "subscription__sealed_previous")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery], search_term: str
    ) -> tuple[QuerySet[WebhookDelivery], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        asked = uuid_in(term.removeprefix(MESSAGE))
        return (queryset.filter(id=asked) if asked else queryset.none()), False

    def name_of(self, subject: WebhookDelivery) -> str:
        return f"{subject.event_type} {str(subject.pk)[-12:]}"

    @admin.display(description="Time (UTC)")
    def at_time(self, delivery: WebhookDelivery) -> SafeString:
        return moment(delivery.created_at)

    @admin.display(description="Event")
    def what(self, delivery: WebhookDelivery) -> SafeString:
        return two_lines(delivery.event_type, "a test" if delivery.sequence is None else f"entry {delivery.sequence:,}")

    @admin.display(description="Subscription")
    def to_whom(self, delivery: WebhookDelivery) -> SafeString:
        return format_html("{}", delivery.subscription.slug)

    @admin.display(description="Status")
    def outcome(self, delivery: WebhookDelivery) -> SafeString:
        return queued_badge(delivery)

    @admin.display(description="Error")
    def error(self, delivery: WebhookDelivery) -> SafeString:
        return error_of(delivery)

    @admin.display(description="Attempts")
    def tries(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.attempts:,}"

    @admin.display(description="Next attempt")
    def next_one(self, delivery: WebhookDelivery) -> SafeString:
        return ago(delivery.due_at if delivery.status == QueueStatus.WAITING else None)

    def detail(self, request: HttpRequest, subject: WebhookDelivery) -> dict[str, Any]:
        is_under_way = subject.status == QueueStatus.RUNNING or (
            subject.status == QueueStatus.WAITING and not subject.attempts
        )
        return {
            "state": queued_badge(subject),
            "took": took(subject),
            "message_id": f"{MESSAGE}{subject.pk}",
            "attempts": list(WebhookAttempt.objects.filter(delivery=subject).order_by("id")[:SHOWN_ATTEMPTS]),
            "refresh_seconds": REFRESH_SECONDS if is_under_way else None,
        }
