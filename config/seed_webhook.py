"""A first source and a first route, so that a newcomer sees a webhook arrive and do something."""

from typing import Any

from accounts.caller import System
from accounts.models import Tenant
from webhooks.routes.create import create_route
from webhooks.sources.address import path_of, token_of
from webhooks.sources.create import create_source

SOURCE = "demo"
ROUTE = "greetings"
EVENT: dict[str, Any] = {"type": "greeting", "name": "Ada"}
"""What the welcome sends there."""


def seed_webhook(*, tenant: Tenant, by: System, tool: str, template: dict[str, Any]) -> str:
    """The path to post to. Whatever comes is believed, so its route leads to a tool that does no harm."""
    source = create_source(
        tenant_id=tenant.id,
        by=by,
        scheme="unsigned",
        settings={"type_path": "type"},
        slug=SOURCE,
        name="Demo",
        unsigned=True,
        rate_limit={"per_minute": 60, "burst": 20},
    )
    facts = {"slug": ROUTE, "name": "Greetings", "source": SOURCE, "event_types": ["greeting"], "tool": tool}
    create_route(tenant=tenant, by=by, facts={**facts, "input": template})
    return path_of(token_of(source))
