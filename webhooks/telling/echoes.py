"""Keeping receivers that fail from keeping each other busy: no delivery tells of one that told of a delivery."""

from collections.abc import Sequence

from accounts.events import Event
from accounts.ids import uuid_in
from webhooks.models import WebhookDelivery

_DELIVERY = "webhook_delivery"


def without_echoes(events: Sequence[Event]) -> list[Event]:
    """In the tenant's scope. Of most events it needs to look nothing up."""
    about = {event.sequence: uuid_in(_id_in(event)) for event in events if event.action.startswith(f"{_DELIVERY}.")}
    if not about:
        return list(events)
    told = WebhookDelivery.objects.filter(id__in=[each for each in about.values() if each])
    echoing = set(told.filter(event_type__startswith=f"{_DELIVERY}.").values_list("id", flat=True))
    return [event for event in events if about.get(event.sequence) not in echoing]


def _id_in(event: Event) -> str:
    return event.subject.partition(":")[2]
