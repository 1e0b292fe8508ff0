"""Changing what a subscription is told of, where and how."""

from collections.abc import Mapping
from typing import Any

from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.roles import Right
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.check import refuse_faulty, refuse_guarded
from webhooks.subscriptions.find import lock_subscription
from webhooks.subscriptions.record import record_change

CHANGEABLE = frozenset({"name", "url", "event_types", "conditions", "schedule", "concurrency", "timeout_ms"})
"""Not the slug, by which others know it."""


def change_subscription(
    *, subscription: WebhookSubscription, by: Actor, changes: Mapping[str, Any]
) -> WebhookSubscription:
    """Set what differs, from the next event and the next attempt on.

    Raises Forbidden, also for pointing one elsewhere that tells more than one may read oneself; Invalid, NotFound.
    """
    by.require(Right.CATALOGUE)
    refuse_others(changes, CHANGEABLE)
    locked = lock_subscription(subscription)
    changed = sorted(name for name, value in changes.items() if getattr(locked, name) != value)
    if not changed:
        return locked
    refuse_guarded(by, locked.event_types)
    for name in changed:
        setattr(locked, name, changes[name])
    refuse_faulty(locked)
    refuse_guarded(by, locked.event_types)
    locked.save(update_fields=[*changed, "updated_at"])
    record_change(locked, by.actor, "webhook_subscription.changed", {"fields": changed})
    return locked
