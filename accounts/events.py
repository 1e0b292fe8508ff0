"""Telling others what happened: subscribers read the sealed audit trail, each from its own position.

A higher app calls `subscribe` from its `apps.py: ready()`. Its handler is told of every sealed entry at least once, in
order, from the first one sealed while it is subscribed. The position advances in the transaction that the handler
runs in: what the handler writes to PostgreSQL happens once, anything else it does may happen again after a failure.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from accounts.models import AuditEntry, AuditHead, EventPosition
from accounts.models.audit import in_chain
from accounts.tenancy import platform, scope_for

BATCH = 500
"""How many events a handler is told of at once, at most."""


@dataclass(frozen=True)
class Event:
    """A sealed audit entry, as subscribers see it. With its tenant, `sequence` names it for ever."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


Handler: TypeAlias = Callable[[UUID | None, Sequence[Event]], None]
"""Told of a tenant's events inside that tenant's scope; None: of the platform's own, in the platform's."""


@dataclass(frozen=True)
class Subscriber:
    name: str
    handler: Handler
    actions: frozenset[str] | None
    """None: all of them."""


_subscribers: dict[str, Subscriber] = {}


def subscribe(name: str, handler: Handler, *, actions: Collection[str] | None = None) -> None:
    """Have `handler` told of what happens; of these `actions` only, when given. `name` keeps its place for ever."""
    if name in _subscribers:
        raise ImproperlyConfigured(f"There are two subscribers `{name}`. Give one of them another name.")
    _subscribers[name] = Subscriber(name, handler, None if actions is None else frozenset(actions))


def start_positions(chain: AuditHead) -> None:
    """Let each subscriber that is new to this chain begin at its end."""
    EventPosition.objects.bulk_create(
        [
            EventPosition(chain=chain, tenant_id=chain.tenant_id, subscriber=name, sequence=chain.sequence)
            for name in _subscribers
        ],
        ignore_conflicts=True,
    )


def lagging() -> list[tuple[UUID | None, str]]:
    """Which subscribers of which chains have not heard all."""
    with platform():
        behind = EventPosition.objects.filter(subscriber__in=_subscribers, sequence__lt=F("chain__sequence"))
        return list(behind.order_by("id").values_list("tenant_id", "subscriber"))


def tell_batch(tenant_id: UUID | None, name: str) -> bool:
    """Tell a subscriber its next events of this chain; whether there are more. Raises what the handler raises.

    False also while another process is telling it.
    """
    subscriber = _subscribers[name]
    with scope_for(tenant_id):
        positions = EventPosition.objects.filter(in_chain(tenant_id), subscriber=name)
        position = positions.select_for_update(skip_locked=True, of=("self",)).select_related("chain").first()
        if position is None:
            return False
        end = position.chain.sequence
        events = read_events(tenant_id, after=position.sequence, until=end, most=BATCH, actions=subscriber.actions)
        if events:
            subscriber.handler(tenant_id, events)
        reached = events[-1].sequence if len(events) == BATCH else end
        positions.update(sequence=reached)
    return reached < end


def read_events(
    tenant_id: UUID | None, *, after: int, until: int, most: int, actions: Collection[str] | None = None
) -> list[Event]:
    """What was sealed after the one place and up to the other, the first `most` of it. In the chain's scope."""
    entries = AuditEntry.objects.filter(in_chain(tenant_id)).sealed_after(after).filter(sequence__lte=until)
    if actions is not None:
        entries = entries.filter(action__in=actions)
    return [
        Event(cast("int", sequence), at, actor, action, subject, detail)
        for sequence, at, actor, action, subject, detail in entries.values_list(
            "sequence", "at", "actor", "action", "subject", "detail"
        )[:most]
    ]
