"""The dashboard at `/admin/`: what the tenant's tools do right now.

It is complete as it is served. `static/js/live.js` adds rows as frames tell of them and fetches the parts again, so
that there is one place which draws: here.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.chrome.pages import caller_behind
from accounts.models import ApiKey
from accounts.sealing import head_of
from registry.admin.breakers import state_badge
from registry.admin.command import curl
from registry.breakers.state import standings, troubled_versions
from registry.live.charts import calls_chart, steps_chart
from registry.live.frames import ExecutionLine, newest_executions
from registry.live.stats import Numbers, numbers
from registry.live.waiting import standing
from registry.models import BreakerHold, Tool, ToolHealth, ToolVersion
from registry.models.health import HealthStatus
from registry.models.version import VersionState
from registry.schemas.example import example_input

EXECUTIONS_SHOWN = 20
TROUBLED_SHOWN = 5

BLANK = ExecutionLine(
    id=str(UUID(int=0)),
    tool="",
    tool_id=None,
    version="",
    agent="",
    status="",
    code="",
    duration_ms=None,
    started_at="",
    count=1,
)
"""The row that live.js makes others from."""

TROUBLE = (HealthStatus.FAILING, HealthStatus.STALE)


@dataclass(frozen=True)
class Guide:
    """What is left to do until the first call, for a tenant that has seen none."""

    has_key: bool
    tool: Tool | None
    command: str
    """The call, ready to be pasted."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the index page of the admin site is drawn from: UNFOLD's DASHBOARD_CALLBACK."""
    return {**context, **_parts(request, caller_behind(request).tenant_id), "blank": BLANK}


@never_cache
def dashboard_parts(request: HttpRequest) -> HttpResponse:
    """The same without the chrome around it, for a page that is open already."""
    context = _parts(request, caller_behind(request).tenant_id)
    return render(request, "admin/dashboard/parts.html", context)


def _parts(request: HttpRequest, tenant_id: UUID) -> dict[str, Any]:
    # First of all: what is told after this position is told on top of what follows.
    position = head_of(tenant_id).sequence
    known = numbers(tenant_id)
    executions = newest_executions(EXECUTIONS_SHOWN)
    return {
        "position": position,
        "now": timezone.now(),
        "numbers": known,
        "calls": calls_chart(known.tally.minutes, known.at),
        "steps": steps_chart(known.latencies),
        "health": health_shares(known),
        "troubled": _troubled(known),
        "circuits": _circuits(tenant_id),
        "executions": executions,
        "waiting": standing().waiting,
        "guide": None if executions else _guide(request),
    }


@dataclass(frozen=True)
class HealthShare:
    status: str
    label: str
    count: int
    x: float
    width: float
    """In percent of all tools."""


def health_shares(known: Numbers) -> tuple[HealthShare, ...]:
    total, x, shares = sum(known.tools.values()), 0.0, []
    for status in (HealthStatus.HEALTHY, HealthStatus.STALE, HealthStatus.FAILING, HealthStatus.UNKNOWN):
        count = known.tools[status]
        width = round(100 * count / total, 2) if total else 0.0
        shares.append(HealthShare(status.value, str(status.label), count, round(x, 2), width))
        x += width
    return tuple(shares)


def _troubled(known: Numbers) -> list[ToolHealth]:
    """The tools that somebody should look at, the latest first."""
    if not any(known.tools[status] for status in TROUBLE):
        return []
    found = ToolHealth.objects.filter(status__in=TROUBLE, tool__retired_at=None, tool__enabled=True)
    return list(found.select_related("tool").order_by("-changed_at")[:TROUBLED_SHOWN])


def _circuits(tenant_id: UUID) -> list[dict[str, Any]]:
    """The circuits that are not closed, or that somebody holds."""
    holds = list(BreakerHold.objects.all()[:TROUBLED_SHOWN])
    held = Q(id__in=[hold.tool_version_id for hold in holds if hold.tool_version_id])
    held |= Q(tool__in=[hold.tool_id for hold in holds if not hold.tool_version_id])
    rows = ToolVersion.objects.filter(held | Q(id__in=troubled_versions(tenant_id)), tool__retired_at=None)
    rows = rows.exclude(state=VersionState.RETIRED).select_related("tool")
    versions = list(rows.order_by("tool__slug", "-created_at")[:TROUBLED_SHOWN])
    return [
        {"version": version, "standing": standing, "badge": state_badge(standing)}
        for version, standing in zip(versions, standings(tenant_id, versions), strict=True)
    ]


def _guide(request: HttpRequest) -> Guide:
    tool = Tool.objects.living().filter(enabled=True).order_by(F("tenant").asc(nulls_last=True), "-created_at").first()
    return Guide(
        has_key=_usable_keys().exists(),
        tool=tool,
        command=_call(request, tool) if tool else "",
    )


def _usable_keys() -> QuerySet[ApiKey]:
    living = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiKey.objects.filter(living, revoked_at=None, agent__enabled=True)


def _call(request: HttpRequest, tool: Tool) -> str:
    latest = tool.versions.order_by("-created_at").first()
    example = example_input(latest.input_schema if latest else {})
    address = reverse("tool-execute", args=[tool.slug])
    return curl(request.build_absolute_uri(address), {"input": example})
