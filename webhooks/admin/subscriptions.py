"""Subscriptions: who is told of the registry's own events."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, MUTE, WARN, ago, badge, subtle, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.chrome.pretty import ticked
from registry.permissions.sentences import say_condition
from webhooks.admin.cells import error_of, queued_badge
from webhooks.admin.subscription_acts import (
    DisableSubscription,
    EditSubscription,
    EnableSubscription,
    NewSubscription,
    PingSubscription,
    RemoveSubscription,
    RotateSecret,
)
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.waiting import missed_by
from webhooks.telling.log import deliveries_for

SHOWN_DELIVERIES = 12
SHOWN_TYPES = 3


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("enabled", "Enabled"), ("disabled", "Disabled"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> QuerySet[WebhookSubscription]:
        chosen = self.chosen()
        if chosen == "removed":
            return queryset.exclude(deleted_at=None)
        living = queryset.filter(deleted_at=None)
        return living.filter(enabled=chosen == "enabled") if chosen else living


@admin.register(WebhookSubscription)
class SubscriptionPages(TenantPages):
    plural = "subscriptions"
    list_display = ("subscription", "told_of", "where", "last_success", "state_shown")
    filters = (StateFilter,)
    search_fields = ("slug", "name", "url")
    search_help_text = "Search name, slug, URL"
    ordering = ("slug",)
    change_list_template = "admin/webhooks/live_list.html"
    detail_template = "admin/webhooks/subscription.html"
    empty = Empty(
        "Nobody is told of anything yet",
        "A subscription tells another program what happens here: a call that waits for a person, a tool that fails, "
        "a credential that expires. What is sent is signed as Standard Webhooks says.",
    )
    add_act = NewSubscription()
    edit_act = EditSubscription()
    acts = (PingSubscription(), RotateSecret(), EnableSubscription(), DisableSubscription(), RemoveSubscription())
    audit_word = "webhook_subscription"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookSubscription]:
        rows: QuerySet[WebhookSubscription] = super().get_queryset(request)
        return rows.defer("sealed_secret", "sealed_previous")

    def name_of(self, subject: WebhookSubscription) -> str:
        return subject.name

    @admin.display(ordering="name")
    def subscription(self, subscription: WebhookSubscription) -> SafeString:
        return two_lines(subscription.name, subscription.slug)

    @admin.display(description="Told of")
    def told_of(self, subscription: WebhookSubscription) -> SafeString:
        shown = ", ".join(f"`{each}`" for each in subscription.event_types[:SHOWN_TYPES])
        more = len(subscription.event_types) - SHOWN_TYPES
        return two_lines(ticked(shown), f"and {more} more" if more > 0 else "")

    @admin.display(description="Where")
    def where(self, subscription: WebhookSubscription) -> SafeString:
        return format_html('<span class="qm-subtle qm-url">{}</span>', subscription.url)

    @admin.display(description="Last success", ordering="last_success_at")
    def last_success(self, subscription: WebhookSubscription) -> SafeString:
        return ago(subscription.last_success_at)

    @admin.display(description="State", ordering="enabled")
    def state_shown(self, subscription: WebhookSubscription) -> SafeString:
        return state_badge(subscription)

    def detail(self, request: HttpRequest, subject: WebhookSubscription) -> dict[str, Any]:
        deliveries = deliveries_for(caller_behind(request)).filter(subscription=subject).defer("payload")
        return {
            "state": state_badge(subject),
            "conditions": [ticked(say_condition(condition)) for condition in subject.conditions],
            "has_previous": subject.previous_until is not None and subject.previous_until > timezone.now(),
            "missed": None if subject.enabled else missed_by(subject),
            "deliveries": [
                {"it": each, "state": queued_badge(each), "error": error_of(each)}
                for each in deliveries[:SHOWN_DELIVERIES]
            ],
        }


def state_badge(subscription: WebhookSubscription) -> SafeString:
    """One that was disabled because nobody answered is told from one that somebody disabled."""
    if subscription.deleted_at is not None:
        return badge("Removed", MUTE)
    if not subscription.enabled:
        return badge("Given up", BAD) if subscription.disabled_reason else badge("Disabled", MUTE)
    return badge("Failing", WARN) if subscription.failing_since else subtle("Enabled")
