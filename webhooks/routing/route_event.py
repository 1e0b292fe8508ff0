"""Routing one event, in a worker: what is found and the runs that come of it are written together, or not at all."""

import json
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.ids import id_beside, new_id
from accounts.tenancy import within
from integrations.errors import SealBroken, VaultErased
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

LARGEST_PAYLOAD_BYTES = 64_000
"""Of what is kept of a body to be shown and searched."""


def route_event(tenant_id: UUID, event_id: UUID) -> list[UUID]:
    """The runs that the event has from now on. None where somebody else routes it or has done so.

    Where an order is kept and an earlier event of its source still waits, it goes on waiting, too; so it does when this
    raises VaultLocked.
    """
    with within(tenant_id):
        event = _lock(event_id)
        if event is None:
            return []
        try:
            document = document_of(event, open_raw(event))
        except (SealBroken, VaultErased) as error:
            _write_off(event, error)
            return []
        looks = look_through(routes_for(event.source_id), event.source_id, document.plain)
        runs = runs_of(event, looks, document)
        if any(run.order_key for run in runs) and _has_to_wait(event):
            return []
        save_runs(runs)
        event.routing = Routing.ROUTED if runs else Routing.UNROUTED
        event.matches = [look.as_json() for look in looks]
        event.payload = _payload(event, document)
        _save(event)
        tell_pages(tenant_id)
        return [run.id for run in runs]


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


def _has_to_wait(event: WebhookEvent) -> bool:
    """Where an order is kept, an event that came earlier is routed first; the schedule then finds this one."""
    earlier = WebhookEvent.objects.filter(source_id=event.source_id, id__lt=event.id)
    return any(earlier.filter(routing=each).exists() for each in (Routing.WAITING, Routing.HELD))


def _lock(event_id: UUID) -> WebhookEvent | None:
    rows = WebhookEvent.objects.unrouted().select_for_update(skip_locked=True, of=("self",))
    return rows.select_related("source", "tenant").filter(id=event_id).first()


def _payload(event: WebhookEvent, document: Document) -> Any:
    """The body as it may be shown and searched; null where it is none that can be, or too large."""
    if event.body_bytes > LARGEST_PAYLOAD_BYTES:
        return None
    payload = document.masked["body"]
    return payload if len(json.dumps(payload)) <= 2 * LARGEST_PAYLOAD_BYTES else None


def _write_off(event: WebhookEvent, error: QuartermasterError) -> None:
    """What does not open now never will."""
    log.error("An event cannot be opened, and so not be routed.", extra={"action": "event_unreadable"})
    event.routing, event.detail = Routing.UNROUTED, error.message
    _save(event)


def _save(event: WebhookEvent) -> None:
    event.routed_at = timezone.now()
    event.save(update_fields=["routing", "routed_at", "matches", "payload", "detail"])
