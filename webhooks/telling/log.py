"""The delivery log, as far as somebody may read it."""

import operator
from functools import reduce
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.caller import Actor
from accounts.errors import NotFound
from accounts.roles import Right
from webhooks.models import WebhookDelivery
from webhooks.subscriptions.event_types import GUARDED

_IS_GUARDED = reduce(operator.or_, (Q(event_type__startswith=f"{family}.") for family in sorted(GUARDED)))


def deliveries_for(by: Actor) -> QuerySet[WebhookDelivery]:
    """Without those that tell what only the audit trail tells, where `by` may not read that."""
    rows = WebhookDelivery.objects.select_related("subscription")
    return rows if by.may(Right.PEOPLE) else rows.exclude(_IS_GUARDED)


def find_delivery(delivery_id: UUID, *, by: Actor) -> WebhookDelivery:
    """Raises NotFound."""
    found = deliveries_for(by).filter(id=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery. `GET /api/v1/webhook-deliveries/` lists those that there are.")
    return found
