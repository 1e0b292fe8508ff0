"""A route in words: `Events of stripe-live · of type invoice.* · when $.body.amount > 1000`."""

from collections.abc import Sequence

from registry.permissions.sentences import say_condition
from webhooks.models import WebhookRoute

MOST_NAMED = 4


def sentence_of(route: WebhookRoute) -> str:
    """What stands in backquotes are words of the tenant's. The route has to come with its `source`."""
    whose = f"Events of `{route.source.slug}`" if route.source else "Events of any source"
    of_type = [f"of type {_listed(route.event_types)}"] if route.event_types else []
    when = " and ".join(say_condition(condition) for condition in route.conditions)
    return " · ".join([whose, *of_type, *([f"when {when}"] if when else [])])


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(f"`{word}`" for word in words[:MOST_NAMED])
    return f"{shown} and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else shown
