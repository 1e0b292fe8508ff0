"""Making a route."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict, Fault, Invalid
from accounts.models import Tenant
from accounts.roles import Right
from webhooks.models import WebhookRoute
from webhooks.routes.agent import agent_for
from webhooks.routes.facts import FACTS, put_facts, refuse_faulty

MOST_ROUTES = 500
"""Of a tenant."""


def create_route(*, tenant: Tenant, by: Actor, facts: Mapping[str, Any], agent: str | None = None) -> WebhookRoute:
    """A new route, `slug` at least, and `tool` where its target is one. It counts for events that come from now on.

    `source` is a slug. `agent` is as whom the tool is called, or who fetches the events; None: one made for the route.

    Raises Forbidden, Invalid with every fault, and Conflict when the slug is taken or the tenant has too many.
    """
    by.require(Right.CATALOGUE)
    refuse_others(facts, FACTS | {"slug"})
    if "slug" not in facts:
        raise Invalid("The route says too little. See `errors`.", faults=[Fault("$.slug", "This is needed.")])
    if WebhookRoute.objects.living().count() >= MOST_ROUTES:
        raise Conflict(f"There are {MOST_ROUTES} routes already. Remove some, or let one match more.")
    route = WebhookRoute(tenant=tenant, slug=facts["slug"], name=facts["slug"])
    put_facts(route, {name: value for name, value in facts.items() if name != "slug"})
    refuse_faulty(route)
    route.agent = agent_for(route, agent, by)
    _insert(route)
    record(
        tenant_id=tenant.id,
        actor=by.actor,
        action="webhook_route.created",
        subject=f"webhook_route:{route.id}",
        detail={"slug": route.slug, "agent": str(route.agent_id)},
    )
    return route


def _insert(route: WebhookRoute) -> None:
    try:
        with transaction.atomic():
            route.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is a route `{route.slug}` already. Choose another slug, or change that one.") from error
