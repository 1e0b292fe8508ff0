"""As whom a route calls its tool: an agent that there is, or one of its own, which has no key and serves it alone."""

from accounts.agents import create_agent
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.models import Agent
from accounts.roles import Role
from webhooks.models import WebhookRoute
from webhooks.models.route import Target

LONGEST_SLUG = 64


def agent_for(route: WebhookRoute, agent: str | None, by: Actor) -> Agent:
    """The agent of that slug; None: `route-<slug>`, which is made where there is none.

    Raises Invalid when there is no such agent, and Forbidden when its role is above that of `by`.
    """
    found = existing_agent(route, agent, by)
    if found is not None:
        return found
    new = new_agent(route)
    return create_agent(tenant=route.tenant, slug=new.slug, by=by, role=Role(new.role), description=new.description)


def existing_agent(route: WebhookRoute, agent: str | None, by: Actor) -> Agent | None:
    """The same; None: it is still to be made."""
    if route.target == Target.AGENT and agent is None:
        raise _refused("This is needed: the slug of the agent that fetches the events.")
    slug = _slug_for(route) if agent is None else agent
    found = Agent.objects.filter(slug=slug).first()
    if found is None and agent is not None:
        raise _refused("There is no agent with this slug. `GET /api/v1/agents/` lists them; null makes one.")
    if found is not None and not found.enabled:
        raise _refused(f"The agent `{slug}` is disabled. Enable it, or name another one.")
    if found is not None:
        by.require_reach(Role(found.role))
    return found


def new_agent(route: WebhookRoute) -> Agent:
    """One of the route's own, not saved."""
    said = f"Calls tools for the webhook route `{route.slug}`."
    return Agent(tenant_id=route.tenant_id, slug=_slug_for(route), role=Role.OPERATOR, description=said)


def _slug_for(route: WebhookRoute) -> str:
    return f"route-{route.slug}"[:LONGEST_SLUG].rstrip("-")


def _refused(sentence: str) -> Invalid:
    return Invalid("The route cannot be like this. See `errors`.", faults=[Fault("$.agent", sentence)])
