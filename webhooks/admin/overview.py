"""The overview of webhooks: what came and what became of it, over time and for each source."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from registry.live.charts import BarsChart
from webhooks.admin.cells import CAUSES, scheme_monogram, source_badge
from webhooks.admin.charts import events_chart, runs_chart
from webhooks.counters import DAY, WINDOWS, Series, Step, Window, event_counts, run_counts, time_to_effect, together
from webhooks.models import WebhookDelivery, WebhookRoute, WebhookRun, WebhookSource, WebhookSubscription
from webhooks.models.queued import UNENDED, Cause, QueueStatus
from webhooks.models.route import Target

SHOWN_SOURCES = 100
SHOWN_ROUTES = 200
SHOWN_ENDED = 5
MOST_LOOKED_AT = 10_000
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class SourceRow:
    source: WebhookSource
    monogram: SafeString
    state: SafeString
    total: Step
    is_whole: bool
    chart: BarsChart


@dataclass(frozen=True)
class DeadCause:
    cause: str
    label: str
    count: int


@dataclass(frozen=True)
class Attention:
    """What somebody should look at. Numbers end at MOST_LOOKED_AT."""

    dead: Sequence[DeadCause]
    dead_deliveries: int
    late: int
    """Runs that should have begun LATE ago, and have not."""
    ended_subscriptions: Sequence[WebhookSubscription]
    """Those that nobody disabled by hand."""

    @property
    def dead_runs(self) -> int:
        return sum(each.count for each in self.dead)

    @property
    def is_calm(self) -> bool:
        return not (self.dead or self.dead_deliveries or self.late or self.ended_subscriptions)


def overview_page(request: HttpRequest) -> HttpResponse:
    tenant_id, now = caller_behind(request).tenant_id, timezone.now()
    window = WINDOWS.get(request.GET.get("time", ""), DAY)
    context = {
        **admin.site.each_context(request),
        "title": "Webhooks",
        "crumbs": [("Webhooks", "")],
        "windows": WINDOWS.values(),
        "window": window,
        "may_add": request.user.has_perm("webhooks.add_webhooksource"),
        **_numbers(tenant_id, window, now),
    }
    return TemplateResponse(request, "admin/webhooks/overview.html", context)


def _numbers(tenant_id: UUID, window: Window, now: datetime) -> dict[str, Any]:
    sources = list(WebhookSource.objects.living()[:SHOWN_SOURCES])
    routes = list(WebhookRoute.objects.living().values_list("id", flat=True)[:SHOWN_ROUTES])
    events = event_counts(tenant_id, [source.id for source in sources], window, now)
    runs = together(run_counts(tenant_id, routes, window, now).values(), window)
    came, effect = together(events.values(), window), time_to_effect(tenant_id, window, now)
    return {
        "came": came,
        "ran": runs,
        "under_way": sum(runs.total.get(status, 0) for status in UNENDED),
        "effect": effect,
        "events_chart": events_chart(came, window, now),
        "runs_chart": runs_chart(runs, window, now),
        "rows": [_row(source, events[source.id], window, now) for source in sources],
        "attention": attention(now),
    }


def _row(source: WebhookSource, series: Series, window: Window, now: datetime) -> SourceRow:
    return SourceRow(
        source=source,
        monogram=scheme_monogram(source.scheme),
        state=source_badge(source),
        total=series.total,
        is_whole=series.is_whole,
        chart=events_chart(series, window, now),
    )


def attention(now: datetime) -> Attention:
    """Inside the tenant's scope."""
    causes = Counter(WebhookRun.objects.dead().order_by("-id").values_list("cause", flat=True)[:MOST_LOOKED_AT])
    late = WebhookRun.objects.filter(status=QueueStatus.WAITING, target=Target.TOOL, due_at__lt=now - LATE)
    ended = WebhookSubscription.objects.living().filter(enabled=False).exclude(disabled_reason="")
    return Attention(
        dead=[DeadCause(cause.value, CAUSES[cause], causes[cause]) for cause in Cause if causes[cause]],
        dead_deliveries=WebhookDelivery.objects.dead().order_by()[:MOST_LOOKED_AT].count(),
        late=late.order_by()[:MOST_LOOKED_AT].count(),
        ended_subscriptions=list(ended[:SHOWN_ENDED]),
    )


offer_page("webhooks/overview/", overview_page, name="webhooks")
