"""Circuits: how the breakers of all versions stand, and who holds which."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, ago, badge, mono, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.chrome.related import offer_panel
from registry.admin.breaker_acts import HoldBreaker, ReleaseBreaker
from registry.breakers.circuit import State
from registry.breakers.state import Standing, standings, troubled_versions
from registry.models import Breaker, BreakerHold, Tool, ToolVersion
from registry.models.version import VersionState

SHOWN_ON_TOOL = 10
_TONES = {State.CLOSED: GOOD, State.HALF_OPEN: WARN, State.OPEN: BAD}
_LABELS = {State.CLOSED: "Closed", State.HALF_OPEN: "Half-open", State.OPEN: "Open"}


def state_badge(standing: Standing) -> SafeString:
    if standing.held is not None:
        return badge(f"Held {standing.held.hold}", BAD if standing.held.hold == State.OPEN else INFO)
    if standing.state is None:
        return badge("Redis is away", MUTE)
    return badge(_LABELS[standing.state], _TONES[standing.state])


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("troubled", "Not closed"), ("held", "Held")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Breaker]) -> QuerySet[Breaker]:
        chosen = self.chosen()
        if chosen == "troubled":
            return queryset.filter(id__in=troubled_versions(caller_behind(request).tenant_id))
        return queryset.filter(tool__in=BreakerHold.objects.values("tool")) if chosen else queryset


@admin.register(Breaker)
class BreakerPages(TenantPages):
    list_display = ("of_tool", "state_name", "failed", "tried", "held")
    filters = (StateFilter,)
    list_select_related = ("tool",)
    search_fields = ("tool__slug", "version")
    search_help_text = "Search tool, version"
    ordering = ("tool__slug", "-created_at")
    detail_template = "admin/registry/breaker.html"
    empty = Empty("No circuits", "Each version of a tool has a circuit that opens when its service fails too often.")
    plural = "circuits"
    audit_word = "version"
    acts = (HoldBreaker(), ReleaseBreaker())

    def may_switch(self, request: HttpRequest) -> bool:
        """Of a shared tool, too: a circuit is the tenant's."""
        return super().may_change(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Breaker]:
        living = super().get_queryset(request).filter(tool__retired_at=None).exclude(state=VersionState.RETIRED)
        return living.select_related("tool")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", {}).get("cl")
        if listed is not None:
            _note(caller_behind(request).tenant_id, list(listed.result_list))
        return response

    @admin.display(description="Tool", ordering="tool__slug")
    def of_tool(self, breaker: Breaker) -> str:
        return two_lines(breaker.tool.slug, breaker.version)

    @admin.display(description="State")
    def state_name(self, breaker: Breaker) -> str:
        return state_badge(_of(breaker))

    @admin.display(description="Failed")
    def failed(self, breaker: Breaker) -> str:
        standing = _of(breaker)
        return f"{standing.failures:,} of {standing.calls:,}" if standing.calls else NOTHING

    @admin.display(description="Tried again")
    def tried(self, breaker: Breaker) -> str:
        standing = _of(breaker)
        return ago(standing.until) if standing.state is State.OPEN and standing.held is None else NOTHING

    @admin.display(description="Why it is held")
    def held(self, breaker: Breaker) -> str:
        held = _of(breaker).held
        return held.reason if held else NOTHING

    def name_of(self, subject: Breaker) -> str:
        return f"{subject.tool.slug} {subject.version}"

    def detail(self, request: HttpRequest, subject: Breaker) -> dict[str, Any]:
        (standing,) = standings(caller_behind(request).tenant_id, [subject])
        return {
            "state": state_badge(standing),
            "standing": standing,
            "is_open": standing.state is State.OPEN,
            "settings": subject.tool.breaker_settings,
            "percent": round(100 * subject.tool.breaker_settings.failure_rate),
        }


def _note(tenant_id: Any, breakers: Sequence[ToolVersion]) -> None:
    """One round trip for all rows of a page."""
    for breaker, standing in zip(breakers, standings(tenant_id, breakers), strict=True):
        breaker.standing = standing  # type: ignore[attr-defined]


def _of(breaker: Breaker) -> Standing:
    standing: Standing = breaker.standing  # type: ignore[attr-defined]
    return standing


def tool_panel(request: HttpRequest, tool: Tool) -> SafeString:
    """The section "Circuits" on a tool's page."""
    rows = ToolVersion.objects.filter(tool=tool).exclude(state=VersionState.RETIRED).select_related("tool")
    versions = list(rows.order_by("-created_at")[:SHOWN_ON_TOOL])
    shown = [
        {"version": version, "number": mono(version.version), "state": state_badge(standing), "standing": standing}
        for version, standing in zip(versions, standings(caller_behind(request).tenant_id, versions), strict=True)
    ]
    return render_to_string("admin/registry/circuits.html", {"rows": shown}, request)


offer_panel(Tool, tool_panel)
