"""An event whose routing ends in an error each time: it is written off, so that what waits behind it is routed."""

import logging
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import within
from webhooks.models import WebhookEvent
from webhooks.models.event import Routing

log = logging.getLogger(__name__)

ACTOR = "system:webhooks"
MOST_FAILURES = 20
"""A worker tries again after seconds, later every half a minute: that is some minutes."""
DETAIL = (
    f"Routing it failed {MOST_FAILURES} times because of a fault on our side, so it was not tried again. "
    "The log has the rest. Replay it when that is mended."
)


def note_failure(tenant_id: UUID, event_id: UUID, error: Exception) -> None:
    """Count it, and after so many write the event off as unrouted, which the audit trail tells of."""
    with within(tenant_id):
        waiting = WebhookEvent.objects.unrouted().filter(id=event_id)
        waiting.update(routing_failures=F("routing_failures") + 1)
        done = waiting.filter(routing_failures__gte=MOST_FAILURES)
        if done.update(routing=Routing.UNROUTED, routed_at=timezone.now(), detail=DETAIL):
            log.error("An event could not be routed, and is not tried again.", extra={"action": "event_written_off"})
            record(
                tenant_id=tenant_id,
                actor=ACTOR,
                action="webhook_event.written_off",
                subject=f"webhook_event:{event_id}",
                detail={"failures": MOST_FAILURES, "error": type(error).__name__},
            )
