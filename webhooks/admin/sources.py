"""Sources: where services post their events, with what to enter there."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import NOTHING, ago, two_lines
from accounts.chrome.filters import MenuFilter, WordFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from webhooks.admin.cells import provider, scheme_monogram, scheme_name, source_badge
from webhooks.admin.providers import provider_cards
from webhooks.admin.source_acts import (
    SCHEME,
    AddSecret,
    DisableSource,
    EditSource,
    NewSource,
    PauseSource,
    Readdress,
    RemoveSource,
    ResumeSource,
    chosen_scheme,
)
from webhooks.admin.source_detail import detail_of
from webhooks.admin.source_secrets import RetireSecret, RevealSecret
from webhooks.admin.source_test import SendTest
from webhooks.counters import DAY, event_counts
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.source import SourceState


class StateFilter(MenuFilter):
    """Removed ones are listed only when one asks for them."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((each.value, str(each.label)) for each in SourceState), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookSource]) -> QuerySet[WebhookSource]:
        chosen = self.chosen()
        if chosen == "removed":
            return queryset.exclude(deleted_at=None)
        living = queryset.filter(deleted_at=None)
        return living.filter(state=chosen) if chosen else living


class SchemeFilter(WordFilter):
    title, parameter_name, field = "provider", "scheme", "scheme"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slug, scheme_name(slug)) for slug, _ in super().lookups(request, model_admin)]


@admin.register(WebhookSource)
class SourcePages(TenantPages):
    plural = "sources"
    list_display = ("source", "sent_by", "accepted", "rejected", "last_event", "state_shown")
    filters = (SchemeFilter, StateFilter)
    search_fields = ("slug", "name")
    search_help_text = "Search name, slug"
    ordering = ("slug",)
    change_list_template = "admin/webhooks/live_list.html"
    detail_template = "admin/webhooks/source.html"
    empty = Empty(
        "No sources yet",
        "A source is an address that a service posts its events to. Choose the service, and its page says what to "
        "enter there.",
    )
    add_act = NewSource()
    edit_act = EditSource()
    acts = (
        SendTest(),
        AddSecret(),
        PauseSource(),
        ResumeSource(),
        RetireSecret(),
        RevealSecret(),
        Readdress(),
        DisableSource(),
        RemoveSource(),
    )
    audit_word = "webhook_source"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookSource]:
        last = WebhookEvent.objects.filter(source=OuterRef("pk")).order_by("-id").values("received_at")[:1]
        rows: QuerySet[WebhookSource] = super().get_queryset(request)
        return rows.defer("sealed_token", "token_digest").annotate(came_at=Subquery(last))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the counters of all rows, read at once."""
        cl = super().get_changelist_instance(request)
        ids = [row.pk for row in cl.result_list]
        counted = event_counts(caller_behind(request).tenant_id, ids, DAY, timezone.now())
        for row in cl.result_list:
            row.counted = counted[row.pk].total
        return cl

    def name_of(self, subject: WebhookSource) -> str:
        return subject.name

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First who will send is chosen, then what that needs is asked for."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return super().add_view(request) if SCHEME in request.GET else self.choose(request)

    def choose(self, request: HttpRequest) -> HttpResponse:
        query = request.GET.get("q", "").strip()[:200]
        cards = provider_cards(query)
        context = self.page_context(request, None, crumb="New source", title="Who will send?", cards=cards, query=query)
        return TemplateResponse(request, "admin/webhooks/providers.html", context)

    def ask(self, request: HttpRequest, act: Act, subject: Any, form: ActForm) -> TemplateResponse:
        response = super().ask(request, act, subject, form)
        scheme = chosen_scheme(request)
        if act is self.add_act and scheme:
            response.context_data |= {  # type: ignore[operator]
                "title": f"New source: {scheme.name}",
                "explanation": scheme.notes,
                "monogram": scheme_monogram(scheme.slug),
            }
        return response

    @admin.display(ordering="name")
    def source(self, source: WebhookSource) -> SafeString:
        return two_lines(source.name, source.slug)

    @admin.display(description="Sent by", ordering="scheme")
    def sent_by(self, source: WebhookSource) -> SafeString:
        return provider(source.scheme)

    @admin.display(description="Accepted, 24 h")
    def accepted(self, source: WebhookSource) -> SafeString:
        return _number(source.counted.get("accepted", 0))  # type: ignore[attr-defined]

    @admin.display(description="Rejected, 24 h")
    def rejected(self, source: WebhookSource) -> SafeString:
        return _number(source.counted.get("rejected", 0), is_bad=True)  # type: ignore[attr-defined]

    @admin.display(description="Last event", ordering="came_at")
    def last_event(self, source: WebhookSource) -> SafeString:
        return ago(source.came_at)  # type: ignore[attr-defined]

    @admin.display(description="State", ordering="state")
    def state_shown(self, source: WebhookSource) -> SafeString:
        return source_badge(source)

    def detail(self, request: HttpRequest, subject: WebhookSource) -> dict[str, Any]:
        return detail_of(request, subject)


def _number(number: int, *, is_bad: bool = False) -> SafeString:
    if not number:
        return NOTHING
    return format_html('<span class="qm-number{}">{}</span>', " qm-wrong" if is_bad else "", f"{number:,}")
