"""Removing a route: no event takes it any more, and what waits on it is cancelled."""

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right, Role
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.models.queued import QueueStatus
from webhooks.routes.find import lock_route


def remove_route(*, route: WebhookRoute, by: Actor) -> None:
    """Its slug is free again; its agent stays, and so do its events and runs, to be looked at.

    Raises Forbidden, RouteNotFound when it is gone already.
    """
    by.require(Right.CATALOGUE)
    locked = lock_route(route)
    by.require_reach(Role(locked.agent.role))
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at"])
    waiting = WebhookRun.objects.filter(route=locked, status=QueueStatus.WAITING)
    cancelled = waiting.update(
        status=QueueStatus.CANCELLED, finished_at=locked.deleted_at, detail="Its route was removed."
    )
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="webhook_route.removed",
        subject=f"webhook_route:{locked.id}",
        detail={"slug": locked.slug, "cancelled": cancelled},
    )
