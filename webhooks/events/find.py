"""One event, by its id."""

from uuid import UUID

from webhooks.errors import EventNotFound
from webhooks.models import WebhookEvent


def find_event(event_id: UUID) -> WebhookEvent:
    """With its source and tenant. Raises EventNotFound."""
    event = WebhookEvent.objects.select_related("source", "tenant").filter(id=event_id).first()
    if event is None:
        raise EventNotFound
    return event
