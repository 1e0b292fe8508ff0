"""From the audit trail to deliveries: one for each subscription and event that it is to be told of.

Each subscription has a position of its own in its tenant's sealed trail, which moves in the transaction that writes
its deliveries. So a tenant without subscriptions costs nothing, one that was disabled has lost nothing, and none is
told of an event twice: a unique constraint is the second wall.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Subquery

from accounts.events import Event, read_events
from accounts.ids import new_id
from accounts.models import AuditHead
from accounts.sealing import head_of
from accounts.tenancy import platform, within
from registry.permissions.conditions import Condition, read_condition
from webhooks.models import WebhookSubscription
from webhooks.queue.schedule import first_pause
from webhooks.subscriptions.event_types import EventTypes, read_event_types
from webhooks.telling.echoes import without_echoes
from webhooks.telling.inserting import insert_deliveries
from webhooks.telling.letters import Letter, letter_of
from webhooks.wake import wake_queue

log = logging.getLogger(__name__)

BATCH = 200
"""Events that a transaction tells a tenant's subscriptions of, at most."""
PASS_SECONDS = 10.0
"""A pass with more to do hands its worker back; the next one goes on."""

Group = tuple[UUID, int]
"""A tenant, and the position of those of its subscriptions that have heard the same. Usually of all."""


@dataclass(frozen=True)
class Listener:
    """A subscription, as far as it decides what it is told of."""

    subscription: WebhookSubscription
    types: EventTypes
    conditions: tuple[Condition, ...]

    def wants(self, letter: Letter) -> bool:
        return self.types.include(letter["type"]) and all(each.certainly(letter) for each in self.conditions)


def fan_out() -> None:
    """Every second, in any number of workers. What fails holds up nothing else, and is tried again in the next pass."""
    failed: set[Group] = set()
    deadline = time.monotonic() + PASS_SECONDS
    while time.monotonic() < deadline:
        more = [_attempt(group, failed) for group in behind() if group not in failed]
        if not any(more):
            return


def behind() -> list[Group]:
    """Who has not heard all yet."""
    with platform():
        end = AuditHead.objects.filter(tenant=OuterRef("tenant")).values("sequence")
        late = WebhookSubscription.objects.enabled().filter(position__lt=Subquery(end))
        return list(late.order_by("tenant_id", "position").values_list("tenant_id", "position").distinct())


def tell(tenant_id: UUID, position: int) -> bool:
    """Write the group's next deliveries; whether there may be more. False also while another process is at it."""
    with within(tenant_id):
        late = WebhookSubscription.objects.enabled().filter(position=position).order_by("id")
        rows = list(late.select_for_update(of=("self",), skip_locked=True))
        if not rows:
            return False
        end = head_of(tenant_id).sequence
        events = read_events(tenant_id, after=position, until=end, most=BATCH)
        reached = events[-1].sequence if len(events) == BATCH else end
        _insert(tenant_id, [_listener(row) for row in rows], events)
        WebhookSubscription.objects.filter(id__in=[row.id for row in rows]).update(position=reached)
    return reached < end


def _attempt(group: Group, failed: set[Group]) -> bool:
    try:
        return tell(*group)
    except Exception:
        failed.add(group)
        log.exception("Subscriptions could not be told. The next pass tries again.", extra={"action": "telling_failed"})
        return False


def _listener(subscription: WebhookSubscription) -> Listener:
    conditions = tuple(read_condition(each) for each in subscription.conditions)
    return Listener(subscription, read_event_types(subscription.event_types), conditions)


def _insert(tenant_id: UUID, listeners: Sequence[Listener], events: Sequence[Event]) -> None:
    letters = [(event.sequence, letter_of(tenant_id, event)) for event in without_echoes(events)]
    deliveries = [
        (new_id(), each.subscription.id, sequence, first_pause(each.subscription.schedule))
        for sequence, letter in letters
        for each in listeners
        if each.wants(letter)
    ]
    if deliveries:
        insert_deliveries(tenant_id, dict(letters), deliveries)
        wake_queue()
