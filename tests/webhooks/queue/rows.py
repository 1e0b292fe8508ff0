"""Rows of the queue for tests: routes and their runs, as routing makes them."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.queue.claim import claim
from webhooks.queue.kinds import RUNS, Kind
from webhooks.queue.lanes import FIRST, due_lanes
from webhooks.queue.shares import share
from webhooks.queue.types import Attempt, Taken

LONG_AGO = timezone.now() - timedelta(days=1)
WENT = Attempt(LONG_AGO)


def make_route(agent: Agent, slug: str = "route", **facts: Any) -> WebhookRoute:
    usual = {"tool": "crm-find", "name": slug.capitalize()}
    with within(agent.tenant_id):
        return WebhookRoute.objects.create(tenant_id=agent.tenant_id, agent=agent, slug=slug, **usual | facts)


def make_runs(route: WebhookRoute, count: int = 1, **facts: Any) -> list[WebhookRun]:
    """That have been due for a day."""
    usual = {"target": route.target, "agent_id": route.agent_id, "due_at": LONG_AGO}
    runs = [
        WebhookRun(tenant_id=route.tenant_id, route=route, **{"event_id": new_id()} | usual | facts)
        for _ in range(count)
    ]
    with within(route.tenant_id):
        return WebhookRun.objects.bulk_create(runs)


def take(free: int = 50, kind: Kind = RUNS) -> list[Taken]:
    """What so many free hands would take."""
    with platform():
        return claim(kind, share(due_lanes(kind, after=FIRST, most=50), free=free, held={})).taken


def as_it_stands(run: WebhookRun) -> WebhookRun:
    with within(run.tenant_id):
        return WebhookRun.objects.get(id=run.id)


def let_be_due(*runs: WebhookRun) -> None:
    for run in runs:
        with within(run.tenant_id):
            WebhookRun.objects.filter(id=run.id).update(due_at=Now() - timedelta(seconds=1))


def ids(rows: "list[WebhookRun] | list[Taken]") -> list[Any]:
    return [row.id for row in rows]


def of(tenant: Tenant, taken: list[Taken]) -> int:
    return sum(each.tenant_id == tenant.id for each in taken)
