"""A route that somebody is still writing, for its preview."""

from collections.abc import Mapping
from typing import Any

from accounts.caller import Caller
from accounts.errors import Fault, Invalid
from webhooks.models import WebhookRoute
from webhooks.routes.agent import existing_agent, new_agent
from webhooks.routes.facts import put_facts, refuse_faulty

DRAFT = "draft"


def unsaved_route(*, by: Caller, facts: Mapping[str, Any]) -> WebhookRoute:
    """Nothing is saved, and no agent made. Raises Invalid with every fault, below `$.route`."""
    route = WebhookRoute(tenant_id=by.tenant_id, slug=facts.get("slug", DRAFT), name=DRAFT)
    try:
        put_facts(route, {name: value for name, value in facts.items() if name not in ("slug", "agent")})
        refuse_faulty(route)
        agent = existing_agent(route, facts.get("agent"), by)
    except Invalid as error:
        faults = [Fault(f"$.route{fault.path.removeprefix('$')}", fault.message) for fault in error.faults]
        raise Invalid(error.message, faults=faults) from error
    route.agent = agent or new_agent(route)
    return route
