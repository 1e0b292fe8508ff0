"""A route's facts, as verbs are given them: put in, and refused when one of them cannot be."""

from collections.abc import Mapping
from typing import Any

from accounts.errors import Fault, Invalid
from webhooks.models import WebhookRoute, WebhookSource
from webhooks.routes.check import check_route

FACTS = frozenset(
    {
        *("name", "source", "event_types", "conditions", "order", "goes_on", "target", "tool", "version", "operation"),
        *("end_user", "input", "ordered_by", "schedule", "concurrency", "timeout_ms", "enabled"),
    }
)
"""Besides `slug`, which stays, and `agent`."""


def put_facts(route: WebhookRoute, facts: Mapping[str, Any]) -> list[str]:
    """Set what differs, and name it; `source` is a slug, null for any. Raises Invalid when there is no such source."""
    columns = {name: value for name, value in facts.items() if name != "source"}
    if "source" in facts:
        columns["source"] = _source(facts["source"])
    changed = [name for name, value in columns.items() if getattr(route, name) != value]
    for name in changed:
        setattr(route, name, columns[name])
    return changed


def refuse_faulty(route: WebhookRoute) -> None:
    """Raises Invalid with every fault; ValidationError for a single field of a wrong kind."""
    route.clean_fields(exclude=["tenant", "agent", "event_types", "conditions", "input", "schedule"])
    faults = check_route(route)
    if faults:
        raise Invalid("The route cannot be like this. See `errors` for each fault.", faults=faults)


def _source(slug: str | None) -> WebhookSource | None:
    if slug is None:
        return None
    source = WebhookSource.objects.living().filter(slug=slug).first()
    if source is None:
        sentence = "There is no such source. `GET /api/v1/webhook-sources/` lists those that there are; null means any."
        raise Invalid("The route cannot be like this. See `errors`.", faults=[Fault("$.source", sentence)])
    return source
