"""Removing a source: nobody has its address any more, its secrets are destroyed, its events stay for their time."""

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from accounts.tenants import bump_generation
from webhooks.models import WebhookEvent, WebhookSecret, WebhookSource
from webhooks.models.event import Routing
from webhooks.sources.find import lock_source


def remove_source(*, source: WebhookSource, by: Actor) -> None:
    """What was held for it is not routed any more. Raises Forbidden, NotFound."""
    by.require(Right.CREDENTIALS)
    source = lock_source(source.id)
    WebhookSecret.objects.filter(source=source).delete()
    WebhookEvent.objects.filter(source=source, routing=Routing.HELD).update(routing=Routing.UNROUTED)
    source.deleted_at = timezone.now()
    source.settings, source.sealed_settings = {}, None
    source.save(update_fields=["deleted_at", "settings", "sealed_settings", "updated_at"])
    record(
        tenant_id=source.tenant_id,
        actor=by.actor,
        action="webhook_source.removed",
        subject=f"webhook_source:{source.id}",
        detail={"slug": source.slug},
    )
    bump_generation(source.tenant_id)
