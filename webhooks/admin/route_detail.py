"""The page of one route: what it does, how its runs went."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.chrome.pages import caller_behind
from accounts.chrome.pretty import ticked
from registry.models import Tool
from registry.permissions.sentences import say_condition
from webhooks.admin.cells import error_of, queued_badge
from webhooks.admin.charts import runs_chart
from webhooks.admin.sentences import sentence_of
from webhooks.counters import DAY, run_counts
from webhooks.models import WebhookRoute, WebhookRun

SHOWN_RUNS = 10


def detail_of(request: HttpRequest, route: WebhookRoute) -> dict[str, Any]:
    now = timezone.now()
    series = run_counts(caller_behind(request).tenant_id, [route.id], DAY, now)[route.id]
    runs = WebhookRun.objects.filter(route=route).select_related("event").order_by("-id")
    heavy = ("sealed_head", "sealed_body", "payload", "matches", "verdict")
    return {
        "sentence": ticked(sentence_of(route)),
        "conditions": [ticked(say_condition(condition)) for condition in route.conditions],
        "tool": Tool.objects.living().filter(slug=route.tool).first() if route.tool else None,
        "ran": series.total,
        "chart": runs_chart(series, DAY, now),
        "runs": [
            {"it": run, "state": queued_badge(run), "error": error_of(run)}
            for run in runs.defer(*(f"event__{name}" for name in heavy))[:SHOWN_RUNS]
        ],
    }
