"""Replaying events: they are routed once more, by the routes as they stand now.

An event keeps its id, its verdict at receipt and what was found when it came. The runs that a replay makes carry the
replay's id, and their documents say `"replay": true`. What was refused at receipt stays refused: nobody can say
afterwards that it was genuine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Sum

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from integrations.vault import Opener
from webhooks.errors import EventNotFound, NotReplayable
from webhooks.events.document import document_of
from webhooks.events.raw import open_raw
from webhooks.events.search import find_events, patience
from webhooks.models import WebhookEvent, WebhookRedo, WebhookRoute, WebhookRun
from webhooks.models.event import EventStatus, Routing, WebhookEventQuerySet
from webhooks.models.redo import RedoKind
from webhooks.redo import Claimed, claim_redo
from webhooks.routing.match import Look, look_through
from webhooks.routing.route_events import routes_for, runs_of, save_runs
from webhooks.wake import wake_queue

MOST_AT_ONCE = 1_000
"""Events of one replay."""
MOST_BYTES = 100_000_000
"""Of their bodies together."""


@dataclass(frozen=True)
class Replayed:
    events: int
    """How many were routed again, or would be."""
    skipped: int = 0
    """How many more fit the filter and cannot be replayed. Not known of what was done before, under the same key."""
    runs: int = 0
    redo: WebhookRedo | None = None
    """None: it was a dry run."""
    looks: Sequence[Look] = ()
    """What was found of each route for the last of them; empty for what was done before."""


def replay_event(*, event: WebhookEvent, by: Actor, idempotency_key: str | None = None) -> Replayed:
    """Raises Forbidden, NotReplayable, IdempotencyConflict, EventEmptied, SealBroken, VaultLocked."""
    by.require(Right.CALL)
    claimed = _claim(event.tenant_id, by, {"ids": [str(event.id)]}, idempotency_key)
    if not claimed.is_new:
        return _earlier(claimed.redo)
    reason = why_not(event)
    if reason:
        raise NotReplayable(reason)
    return _replay(claimed.redo, [event.id], by)


def replay_events(
    *,
    tenant_id: UUID,
    by: Actor,
    asked: Mapping[str, Any],
    ids: Sequence[UUID] | None = None,
    wanted: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    dry_run: bool = False,
) -> Replayed:
    """By their ids all of them or none; or those that `find_events` finds. `asked` is the same as it was written.

    Raises Forbidden, Invalid where an id cannot be replayed or they are too many, IdempotencyConflict.
    """
    by.require(Right.CALL)
    if dry_run:
        chosen, skipped = _chosen(ids, wanted)
        return Replayed(len(chosen), skipped)
    claimed = _claim(tenant_id, by, asked, idempotency_key)
    if not claimed.is_new:
        return _earlier(claimed.redo)
    chosen, skipped = _chosen(ids, wanted)
    return replace(_replay(claimed.redo, chosen, by), skipped=skipped)


def why_not(event: WebhookEvent) -> str:
    """Why an event cannot be replayed, in a sentence that says what to do; empty: it can."""
    if event.status == EventStatus.REJECTED:
        return f"It was refused when it came (`{event.reason}`), and stays so. Have its sender send it again."
    if event.status == EventStatus.DUPLICATE:
        return f"It is a duplicate. Replay the event that it repeats: {event.duplicate_of}."
    if event.status == EventStatus.CHALLENGE:
        return "It is a handshake, which was answered. There is nothing to replay."
    if event.emptied_at is not None:
        return "What came with it was removed when its source's `retention_days` were over. Have it sent again."
    if event.routing == Routing.HELD:
        return "Its source is paused. Resume the source: then it is routed for the first time."
    if event.routing == Routing.WAITING:
        return "It waits to be routed for the first time. Look again in a moment."
    return ""


def _claim(tenant_id: UUID, by: Actor, asked: Mapping[str, Any], idempotency_key: str | None) -> Claimed:
    """Whatever is refused afterwards takes it back, since it is one transaction."""
    return claim_redo(tenant_id=tenant_id, by=by, kind=RedoKind.REPLAY, asked=asked, idempotency_key=idempotency_key)


def _earlier(redo: WebhookRedo) -> Replayed:
    return Replayed(redo.count, runs=WebhookRun.objects.filter(replay_id=redo.id).count(), redo=redo)


def _chosen(ids: Sequence[UUID] | None, wanted: Mapping[str, Any] | None) -> tuple[list[UUID], int]:
    """Those that are to be replayed, and how many others fit the filter."""
    with patience():
        return (_named(ids), 0) if ids is not None else _found(find_events(wanted or {}))


def _named(ids: Sequence[UUID]) -> list[UUID]:
    rows = WebhookEvent.objects.filter(id__in=ids)
    found = {event.id: event for event in rows.defer("sealed_head", "sealed_body", "payload", "matches")}
    faults = [
        Fault(f"$.ids[{index}]", why_not(found[each]) if each in found else EventNotFound().message)
        for index, each in enumerate(ids)
        if each not in found or why_not(found[each])
    ]
    if faults:
        raise Invalid("Some of these events cannot be replayed, so none was. See `errors`.", faults=faults)
    _refuse_too_much("$.ids", len(ids), rows)
    return sorted(found)


def _found(rows: WebhookEventQuerySet) -> tuple[list[UUID], int]:
    good = rows.replayable()
    chosen = list(good.order_by("id").values_list("id", flat=True)[: MOST_AT_ONCE + 1])
    _refuse_too_much("$.filter", len(chosen), good)
    return chosen, rows.count() - len(chosen)


def _refuse_too_much(where: str, count: int, rows: WebhookEventQuerySet) -> None:
    if count > MOST_AT_ONCE:
        raise _too_much(where, f"These are more than {MOST_AT_ONCE:,} events.")
    if (rows.aggregate(bytes=Sum("body_bytes"))["bytes"] or 0) > MOST_BYTES:
        raise _too_much(where, f"Their bodies have more than {MOST_BYTES:,} bytes.")


def _too_much(where: str, sentence: str) -> Invalid:
    fault = Fault(where, f"{sentence} Say `since` and `until`, and go on from there.")
    return Invalid("This is too much to be replayed at once.", faults=[fault])


def _replay(redo: WebhookRedo, chosen: Sequence[UUID], by: Actor) -> Replayed:
    looks, runs = _route_again(chosen, redo)
    redo.count = len(chosen)
    redo.save(update_fields=["count"])
    record(
        tenant_id=redo.tenant_id,
        actor=by.actor,
        action="webhook_event.replayed",
        subject=f"webhook_event:{chosen[0]}" if len(chosen) == 1 else f"webhook_redo:{redo.id}",
        detail={"redo": str(redo.id), "events": len(chosen), "runs": runs},
    )
    wake_queue()
    return Replayed(len(chosen), runs=runs, redo=redo, looks=looks)


def _route_again(chosen: Sequence[UUID], redo: WebhookRedo) -> tuple[list[Look], int]:
    """What was found of the last one, and how many runs came of all. One at a time: their bodies may be large."""
    opener, routes, looks, count = Opener(redo.tenant_id), dict[UUID, Sequence[WebhookRoute]](), list[Look](), 0
    for event_id in chosen:
        event = WebhookEvent.objects.select_related("source", "tenant").get(id=event_id)
        document = document_of(event, open_raw(event, opener), replay=True)
        if event.source_id not in routes:
            routes[event.source_id] = routes_for(event.source_id)
        looks = look_through(routes[event.source_id], event.source_id, document.plain)
        runs = runs_of(event, looks, document, replay_id=redo.id)
        save_runs(runs)
        count += len(runs)
    return looks, count
