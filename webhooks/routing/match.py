"""Which routes an event takes, and why the others not. Pure: nothing is read or written."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webhooks.models import WebhookRoute
from webhooks.routing.conditions import why_not

MOST_NAMED = 4
"""Types that a reason repeats: it is kept with each event."""


@dataclass(frozen=True)
class Look:
    """What a look at one route found."""

    route: WebhookRoute
    matched: bool
    reason: str
    """A sentence. It repeats words of the route, never a value of the event."""

    def as_json(self) -> dict[str, Any]:
        return {
            "route": str(self.route.id),
            "slug": self.route.slug,
            "matched": self.matched,
            "reason": self.reason,
        }


def look_through(routes: Iterable[WebhookRoute], source_id: UUID, document: Mapping[str, Any]) -> list[Look]:
    """All routes in their order. Those behind a match that does not go on are not looked at any more."""
    looks: list[Look] = []
    last: WebhookRoute | None = None
    for route in routes:
        if last is not None:
            looks.append(Look(route, False, f"It was not looked at: `{last.slug}` took the event and does not go on."))
            continue
        looks.append(look(route, source_id, document))
        if looks[-1].matched and not route.goes_on:
            last = route
    return looks


def look(route: WebhookRoute, source_id: UUID, document: Mapping[str, Any]) -> Look:
    reason = _why_not(route, source_id, document)
    return Look(route, False, reason) if reason else Look(route, True, _why(route))


def _why_not(route: WebhookRoute, source_id: UUID, document: Mapping[str, Any]) -> str:
    if not route.enabled:
        return "It is disabled."
    if route.source_id not in (None, source_id):
        return "It is for another source."
    if not names_type(route.event_types, document["type"]):
        return f"It is for {_named(route.event_types)}{'.' if document['type'] else ', and the event has no type.'}"
    return next((reason for condition in route.conditions if (reason := why_not(condition, document))), "")


def _named(words: Sequence[str]) -> str:
    shown = ", ".join(f"`{word}`" for word in words[:MOST_NAMED])
    others = len(words) - MOST_NAMED
    return f"the type {shown}{f' or {others} more' if others > 0 else ''}"


def names_type(words: Sequence[str], event_type: str) -> bool:
    """Whether one of the words, with their wildcards, means the type; no words mean any."""
    return not words or any(fnmatch.fnmatchcase(event_type, word.replace("[", "[[]")) for word in words)


def _why(route: WebhookRoute) -> str:
    asked = [
        *(["its source"] if route.source_id else []),
        *(["its type"] if route.event_types else []),
        *(["its conditions"] if route.conditions else []),
    ]
    return f"Matched by {', '.join(asked)}." if asked else "It takes every event."
