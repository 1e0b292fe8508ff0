"""Pausing a source, resuming and disabling it."""

import time
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import Routing
from webhooks.models.source import SourceState
from webhooks.sources.find import lock_source
from webhooks.wake import wake_router

MOST_AT_ONCE = 1_000
"""Events that one transaction releases; the schedule goes on with the rest."""
PASS_SECONDS = 20
"""Then the next pass goes on."""


def pause(*, source: WebhookSource, by: Actor) -> WebhookSource:
    """It takes and keeps what comes, and routes nothing until it is resumed. Raises Forbidden, NotFound."""
    return _set_state(source, by, SourceState.PAUSED, "webhook_source.paused")


def resume(*, source: WebhookSource, by: Actor) -> WebhookSource:
    """It takes and routes events, also those that came while it was paused. Raises Forbidden, NotFound."""
    source = _set_state(source, by, SourceState.ACTIVE, "webhook_source.resumed")
    release(source)
    return source


def disable(*, source: WebhookSource, by: Actor) -> WebhookSource:
    """It refuses what comes, in a way that makes the platform try again later. Raises Forbidden, NotFound."""
    return _set_state(source, by, SourceState.DISABLED, "webhook_source.disabled")


def release(source: WebhookSource) -> int:
    """The eldest events that were held for it wait to be routed now; how many. Inside the tenant's scope."""
    released = len(_release(source))
    if released:
        wake_router()
    return released


def release_held() -> None:
    """What is held for sources that are active: too many for one transaction, or stored just as one was resumed.

    Nobody is told of each: the schedule finds what waits to be routed.
    """
    until = time.monotonic() + PASS_SECONDS
    while time.monotonic() < until and (sources := _to_release()):
        for source in sources:
            with within(source.tenant_id):
                _release(source)


def _to_release() -> list[WebhookSource]:
    with platform():
        active = WebhookSource.objects.living().filter(state=SourceState.ACTIVE)
        held = WebhookEvent.objects.filter(routing=Routing.HELD).values("source")
        return list(active.filter(id__in=held))


def _release(source: WebhookSource) -> list[UUID]:
    held = WebhookEvent.objects.filter(source=source, routing=Routing.HELD).order_by("id")
    ids = list(held.select_for_update(skip_locked=True).values_list("id", flat=True)[:MOST_AT_ONCE])
    WebhookEvent.objects.filter(id__in=ids).update(routing=Routing.WAITING)
    return ids


def _set_state(source: WebhookSource, by: Actor, state: SourceState, action: str) -> WebhookSource:
    by.require(Right.CREDENTIALS)
    source = lock_source(source.id)
    if source.state == state:
        return source
    source.state = state
    source.save(update_fields=["state", "updated_at"])
    record(tenant_id=source.tenant_id, actor=by.actor, action=action, subject=f"webhook_source:{source.id}")
    bump_generation(source.tenant_id)
    return source
