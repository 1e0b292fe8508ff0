"""Routes, in the order in which an event meets them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import MUTE, WARN, badge, mono, subtle, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, TenantPages
from accounts.chrome.pretty import ticked
from webhooks.admin.filters import SourceFilter
from webhooks.admin.route_acts import DisableRoute, EditRoute, EnableRoute, NewRoute, RemoveRoute
from webhooks.admin.route_detail import detail_of
from webhooks.admin.route_preview import ASKED, panel_for, told_of
from webhooks.admin.sentences import sentence_of
from webhooks.models import WebhookRoute
from webhooks.models.route import Target


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("enabled", "Enabled"), ("disabled", "Disabled"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookRoute]) -> QuerySet[WebhookRoute]:
        chosen = self.chosen()
        if chosen == "removed":
            return queryset.exclude(deleted_at=None)
        living = queryset.filter(deleted_at=None)
        return living.filter(enabled=chosen == "enabled") if chosen else living


@admin.register(WebhookRoute)
class RoutePages(TenantPages):
    plural = "routes"
    list_display = ("route", "goes_to", "order_shown", "state_shown")
    filters = (SourceFilter, StateFilter)
    list_select_related = ("source", "agent")
    search_fields = ("slug", "name", "tool")
    search_help_text = "Search name, slug, tool"
    ordering = ("order", "id")
    sortable_by = ()
    change_list_template = "admin/webhooks/route_list.html"
    detail_template = "admin/webhooks/route.html"
    empty = Empty(
        "No routes yet",
        "A route says which events call which tool, or wait for which agent. Without routes events are kept, and "
        "nothing happens.",
    )

    add_act = NewRoute()
    edit_act = EditRoute()
    acts = (EnableRoute(), DisableRoute(), RemoveRoute())
    audit_word = "webhook_route"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookRoute]:
        rows: QuerySet[WebhookRoute] = super().get_queryset(request)
        return rows.select_related("source", "agent")

    def name_of(self, subject: WebhookRoute) -> str:
        return subject.name

    def carry_out(self, request: HttpRequest, act: Act, subject: Any) -> HttpResponse:
        """Whoever only wants to see what would come of it is shown that."""
        if ASKED in request.POST and act in (self.add_act, self.edit_act):
            return self.ask(request, act, subject, self.asked(request, act, subject))
        return super().carry_out(request, act, subject)

    def ask(self, request: HttpRequest, act: Act, subject: Any, form: ActForm) -> TemplateResponse:
        """An editor, with a panel beside it that tries what is written."""
        if act not in (self.add_act, self.edit_act):
            return super().ask(request, act, subject, form)
        panel = panel_for(request, form)
        response = super().ask(request, act, subject, form)
        response.template_name = "admin/webhooks/route_editor.html"
        response.context_data |= {"panel": panel, "told": told_of(panel)}  # type: ignore[operator]
        return response

    @admin.display(description="Route")
    def route(self, route: WebhookRoute) -> SafeString:
        return format_html(
            '<span class="qm-two qm-two-whole"><span class="qm-two-first">{}</span>'
            '<span class="qm-two-second">{}</span></span>',
            route.name,
            ticked(sentence_of(route)),
        )

    @admin.display(description="Then")
    def goes_to(self, route: WebhookRoute) -> SafeString:
        if route.target == Target.TOOL:
            return two_lines(mono(route.tool), f"as {route.agent.slug}")
        return two_lines(route.agent.slug, "fetches it")

    @admin.display(description="Order")
    def order_shown(self, route: WebhookRoute) -> SafeString:
        return two_lines(f"{route.order}", "" if route.goes_on else "the last one")

    @admin.display(description="State")
    def state_shown(self, route: WebhookRoute) -> SafeString:
        return state_badge(route)

    def detail(self, request: HttpRequest, subject: WebhookRoute) -> dict[str, Any]:
        return {
            "state": state_badge(subject) if subject.deleted_at or subject.rests or not subject.enabled else "",
            **detail_of(request, subject),
        }


def state_badge(route: WebhookRoute) -> SafeString:
    """Removed beats disabled beats resting beats enabled."""
    if route.deleted_at is not None:
        return badge("Removed", MUTE)
    if not route.enabled:
        return badge("Disabled", MUTE)
    return badge("Rests", WARN) if route.rests else subtle("Enabled")
