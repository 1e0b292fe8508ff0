"""Runs for tests: an event of acme's on a route to its contact finder, taken by a worker."""

from typing import Any

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from tests.corridor import Corridor
from tests.webhooks.queue.rows import LONG_AGO, make_route, take
from tests.webhooks.rows import make_event, make_source
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRoute, WebhookRun
from webhooks.queue.types import Taken
from webhooks.runs.attempt import attempt

INPUT = {"account": 7}


def make_run(agent: Agent, *, event: WebhookEvent | None = None, **facts: Any) -> WebhookRun:
    """That is due; its event's body is the tool's input. `facts` are the route's."""
    event = event or make_event(make_source(agent.tenant), INPUT)
    return run_on(make_route(agent, **facts), event)


def run_on(route: WebhookRoute, event: WebhookEvent) -> WebhookRun:
    with within(route.tenant_id):
        return WebhookRun.objects.create(
            tenant_id=route.tenant_id,
            route=route,
            event=event,
            target=route.target,
            agent_id=route.agent_id,
            due_at=LONG_AGO,
        )


def attempt_it(corridor: Corridor) -> Taken:
    """Take the one run that is due, and make its attempt."""
    [taken] = take()
    corridor.loop.run(attempt(taken))
    return taken


def attempts_of(tenant: Tenant, run: WebhookRun) -> list[WebhookAttempt]:
    with within(tenant.id):
        return list(WebhookAttempt.objects.filter(run=run))
