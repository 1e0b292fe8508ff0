"""Changing a route. What it says now counts for events that are routed from now on, and for runs that still wait.

Only `target` and `agent` are a run's own: under them it may have called already.
"""

from collections.abc import Mapping
from typing import Any

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.roles import Right, Role
from webhooks.models import WebhookRoute
from webhooks.routes.agent import agent_for
from webhooks.routes.facts import FACTS, put_facts, refuse_faulty
from webhooks.routes.find import lock_route
from webhooks.wake import wake_queue

CALLED_ANEW = frozenset({"tool", "version", "operation", "end_user", "target", "agent", "enabled"})
"""With one of these changed, what its circuit was says nothing any more."""


def change_route(*, route: WebhookRoute, by: Actor, changes: Mapping[str, Any]) -> WebhookRoute:
    """Set what differs; `agent` is a slug, and null makes one for the route.

    Raises as `create_route`, Forbidden also when the route acts with a role above that of `by`, RouteNotFound for one
    that was removed meanwhile.
    """
    by.require(Right.CATALOGUE)
    refuse_others(changes, FACTS | {"agent"})
    locked = lock_route(route)
    by.require_reach(Role(locked.agent.role))
    changed = put_facts(locked, {name: value for name, value in changes.items() if name != "agent"})
    if "agent" in changes:
        changed += _put_agent(locked, changes["agent"], by)
    if not changed:
        return locked
    refuse_faulty(locked)
    if CALLED_ANEW.intersection(changed):
        locked.rests_until = None
    locked.save(update_fields=[*changed, "rests_until", "updated_at"])
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="webhook_route.changed",
        subject=f"webhook_route:{locked.id}",
        detail={"slug": locked.slug, "fields": sorted(changed)},
    )
    if "enabled" in changed or "concurrency" in changed:
        wake_queue()
    return locked


def _put_agent(route: WebhookRoute, slug: str | None, by: Actor) -> list[str]:
    agent = agent_for(route, slug, by)
    if agent.id == route.agent_id:
        return []
    route.agent = agent
    return ["agent"]
