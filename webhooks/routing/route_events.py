"""Routing events, in a worker: what is found and the runs that come of it are written together, or not at all."""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.ids import id_beside, new_id
from accounts.tenancy import within
from integrations.errors import SealBroken, VaultErased
from integrations.vault import Opener
from webhooks.events.document import Document, document_of
from webhooks.events.raw import open_raw
from webhooks.live import tell_pages
from webhooks.models import WebhookEvent, WebhookRoute, WebhookRun
from webhooks.models.event import Routing
from webhooks.models.route import Target
from webhooks.queue.schedule import first_pause
from webhooks.routing.fill import order_key
from webhooks.routing.match import Look, look_through
from webhooks.wake import wake_agent

log = logging.getLogger(__name__)

_SAVE = """
    UPDATE webhooks_webhookevent AS event
    SET routing = found.routing, matches = found.matches::jsonb, payload = NULLIF(found.payload::jsonb, 'null'),
        detail = found.detail, routed_at = statement_timestamp()
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS found (id, routing, matches, payload, detail)
    WHERE event.id = found.id
"""

LARGEST_PAYLOAD_BYTES = 64_000
"""Of what is kept of a body to be shown and searched."""


@dataclass(frozen=True)
class Routed:
    events: frozenset[UUID] = frozenset()
    """Those that wait no more."""
    runs: tuple[UUID, ...] = ()
    """That they have from now on."""


def together(parts: Sequence[Routed]) -> Routed:
    return Routed(
        events=frozenset(event_id for part in parts for event_id in part.events),
        runs=tuple(run_id for part in parts for run_id in part.runs),
    )


def route_events(tenant_id: UUID, event_ids: Collection[UUID]) -> Routed:
    """In the order in which they came, all in one transaction. Those that somebody else has in hand are left to them.

    Where an order is kept and an earlier event of its source still waits, one goes on waiting, too. Whatever this
    raises, such as VaultLocked, nothing is routed then.
    """
    with within(tenant_id):
        events, runs = _lock(event_ids), list[WebhookRun]()
        opener = Opener(tenant_id)
        routes: dict[UUID, Sequence[WebhookRoute]] = {}
        routed: list[WebhookEvent] = []
        for event in events:
            if event.source_id not in routes:
                routes[event.source_id] = routes_for(event.source_id)
            found = _route(event, routes[event.source_id], opener, [each.id for each in routed])
            if found is not None:
                routed.append(event)
                runs += found
        save_runs(runs)
        _save(routed)
        if routed:
            tell_pages(tenant_id)
        return Routed(frozenset(event.id for event in routed), tuple(run.id for run in runs))


def _route(
    event: WebhookEvent, routes: Sequence[WebhookRoute], opener: Opener, routed: Sequence[UUID]
) -> list[WebhookRun] | None:
    """What is found is written to it, and its runs are returned, neither saved yet. None: it goes on waiting."""
    try:
        document = document_of(event, open_raw(event, opener))
        looks = look_through(routes, event.source_id, document.plain)
        runs = runs_of(event, looks, document)
        payload = _payload(event, document)
    except (SealBroken, VaultErased) as error:
        # What does not open now never will.
        log.error("An event cannot be opened, and so not be routed.", extra={"action": "event_unreadable"})
        event.routing, event.detail = Routing.UNROUTED, error.message
        return []
    if any(run.order_key for run in runs) and _has_to_wait(event, routed):
        return None
    event.routing = Routing.ROUTED if runs else Routing.UNROUTED
    event.matches = [look.as_json() for look in looks]
    event.payload = payload
    return runs


def routes_for(source_id: UUID) -> Sequence[WebhookRoute]:
    """Those that are for this source or for any, in their order."""
    return list(WebhookRoute.objects.living().for_source(source_id))


def runs_of(
    event: WebhookEvent, looks: Sequence[Look], document: Document, *, replay_id: UUID | None = None
) -> list[WebhookRun]:
    """A run for each route that matched, not saved yet."""
    return [_run(event, look.route, order_key(look.route, document), replay_id) for look in looks if look.matched]


def _run(event: WebhookEvent, route: WebhookRoute, key: str, replay_id: UUID | None) -> WebhookRun:
    return WebhookRun(
        # Runs of one key follow each other by their ids: theirs is the order in which the events came.
        id=id_beside(event.id) if key and replay_id is None else new_id(),
        tenant_id=event.tenant_id,
        event_id=event.id,
        route_id=route.id,
        target=route.target,
        agent_id=route.agent_id,
        replay_id=replay_id,
        order_key=key,
        due_at=timezone.now() + first_pause(route.schedule),
    )


def save_runs(runs: Sequence[WebhookRun]) -> None:
    """And tell the agents that wait for theirs; who runs the others is told by whoever asked for the routing."""
    WebhookRun.objects.bulk_create(runs)
    for agent_id in {run.agent_id for run in runs if run.target == Target.AGENT}:
        wake_agent(agent_id)


def _has_to_wait(event: WebhookEvent, routed: Sequence[UUID]) -> bool:
    """Where an order is kept, an event that came earlier is routed first; the schedule then finds this one."""
    earlier = WebhookEvent.objects.filter(source_id=event.source_id, id__lt=event.id).exclude(id__in=routed)
    return any(earlier.filter(routing=each).exists() for each in (Routing.WAITING, Routing.HELD))


def _lock(event_ids: Collection[UUID]) -> list[WebhookEvent]:
    rows = WebhookEvent.objects.unrouted().select_for_update(skip_locked=True, of=("self",))
    return list(rows.select_related("source", "tenant").filter(id__in=event_ids).order_by("id"))


def _payload(event: WebhookEvent, document: Document) -> Any:
    """The body as it may be shown and searched; null where it is none that can be, or too large."""
    if event.body_bytes > LARGEST_PAYLOAD_BYTES:
        return None
    payload = document.masked["body"]
    return payload if len(json.dumps(payload)) <= 2 * LARGEST_PAYLOAD_BYTES else None


def _save(events: Sequence[WebhookEvent]) -> None:
    """In one statement: a save for each took longer than finding the routes."""
    if not events:
        return
    rows = [
        (event.id, event.routing, json.dumps(event.matches), json.dumps(event.payload), event.detail)
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [list(column) for column in zip(*rows, strict=True)])
