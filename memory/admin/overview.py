"""The overview of memory: how much there is and where, what waits, and how well and how fast searches are answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.caller import Caller
from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, badge
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenancy import platform
from memory.admin.cells import below
from memory.admin.charts import USUAL, WINDOWS, Window, latency_chart, recall_chart
from memory.admin.imports import percent_of
from memory.importing.find import list_imports
from memory.models import (
    UNENDED,
    EmbeddingModel,
    IndexState,
    Memory,
    MemoryEmbedding,
    MemoryImport,
    ModelState,
    VectorIndex,
)
from memory.quota import kept_by
from memory.sampling.over_time import recall_over_time
from memory.sampling.read import Recall, read_recall
from memory.sampling.timings import read_timings
from memory.tree import child_namespaces

SHOWN_NAMESPACES = 8
SHOWN_WORK = 5
SHOWN_TENANTS = 10
MOST_COUNTED = 10_000
"""Rows that are counted of what waits."""
ROUTES = {"exact": "Compared one by one", "ann": "By an index"}
_INDEXES = {
    IndexState.READY: ("Ready", GOOD),
    IndexState.BUILDING: ("Being built", INFO),
    IndexState.DROPPING: ("Being removed", MUTE),
    IndexState.FAILED: ("Failed", BAD),
}


@dataclass(frozen=True)
class NamespaceRow:
    name: str
    url: str
    count: int
    percent: float
    """Of the largest one."""


@dataclass(frozen=True)
class IndexRow:
    index: VectorIndex
    state: SafeString
    is_own: bool
    shows_numbers: bool
    """What all tenants have together is told to whoever runs the installation."""


@dataclass(frozen=True)
class RecallRow:
    """What samples say of one tenant's searches by one index."""

    tenant: str
    recall: Recall


@dataclass(frozen=True)
class Numbers:
    kept: int
    quota: int
    pending: int
    failed: int
    deleted: int

    @property
    def share(self) -> float:
        return min(1.0, self.kept / self.quota) if self.quota else 0.0


def overview_page(request: HttpRequest) -> HttpResponse:
    caller, now = caller_behind(request), timezone.now()
    caller.require(Right.READ)
    window = WINDOWS.get(request.GET.get("time", ""), USUAL)
    context = {
        **admin.site.each_context(request),
        "title": "Memory",
        "crumbs": [("Memory", "")],
        "windows": WINDOWS.values(),
        "window": window,
        "may_write": caller.may(Right.CALL),
        "numbers": _numbers(caller.tenant_id),
        "namespaces": _namespaces(caller),
        "imports": [(row, percent_of(row)) for row in _imports(caller)],
        "building": EmbeddingModel.objects.filter(state=ModelState.BUILDING).first(),
        "model": EmbeddingModel.objects.filter(state=ModelState.ACTIVE).first(),
        "indexes": _indexes(caller),
        **_searches(caller, window, now),
    }
    return TemplateResponse(request, "admin/memory/overview.html", context)


def _numbers(tenant_id: UUID) -> Numbers:
    rows = MemoryEmbedding.objects.filter(model__state=ModelState.ACTIVE).order_by()
    return Numbers(
        kept=max(kept_by(tenant_id), 0),
        quota=settings.MEMORY_QUOTA,
        pending=rows.pending()[:MOST_COUNTED].count(),
        failed=rows.failed()[:MOST_COUNTED].count(),
        deleted=Memory.objects.deleted().order_by()[:MOST_COUNTED].count(),
    )


def _namespaces(caller: Caller) -> list[NamespaceRow]:
    """The largest of those at the top."""
    counts = sorted(child_namespaces(by=caller).items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN_NAMESPACES]
    largest = max((count for _, count in counts), default=1)
    return [NamespaceRow(name, below(name), count, round(100 * count / largest, 1)) for name, count in counts]


def _imports(caller: Caller) -> QuerySet[MemoryImport]:
    return list_imports(by=caller).filter(status__in=UNENDED)[:SHOWN_WORK]


def _indexes(caller: Caller) -> list[IndexRow]:
    rows = VectorIndex.objects.filter(Q(tenant=None) | Q(tenant=caller.tenant_id)).select_related("model")
    return [
        IndexRow(
            index=row,
            state=badge(*_INDEXES[IndexState(row.state)]),
            is_own=row.tenant_id is not None,
            shows_numbers=row.tenant_id is not None or caller.is_platform_owner,
        )
        for row in rows
    ]


def _searches(caller: Caller, window: Window, now: datetime) -> dict[str, Any]:
    moments = read_timings(tenant_id=caller.tenant_id, step=window.step)
    routes = {route for moment in moments for route in moment.by_route}
    since = window.times(now)[0]
    sampled = recall_over_time(since=since, step=window.name)
    return {
        "latencies": [
            (said, latency_chart(route, moments, window, now)) for route, said in ROUTES.items() if route in routes
        ],
        "recall": recall_chart(sampled, window, now) if sampled else None,
        "recalls": read_recall(since=since),
        "of_tenants": _of_tenants(since) if caller.is_platform_owner else [],
    }


def _of_tenants(since: datetime) -> list[RecallRow]:
    """The worst first, of all tenants."""
    with platform():
        rows = read_recall(since=since)[:SHOWN_TENANTS]
        names = dict(Tenant.objects.filter(id__in={row.tenant_id for row in rows}).values_list("id", "name"))
    return [RecallRow(names.get(row.tenant_id, str(row.tenant_id)), row) for row in rows]


offer_page("memory/overview/", overview_page, name="memory")
