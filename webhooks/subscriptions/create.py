"""Making a subscription. Its secret is shown to whoever makes it, this once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from accounts.sealing import head_of
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.check import refuse_faulty, refuse_guarded
from webhooks.subscriptions.record import record_change
from webhooks.subscriptions.secrets import IssuedSecret, new_secret, seal_current

NEEDED = ("slug", "url", "event_types")
FACTS = frozenset({*NEEDED, "name", "conditions", "schedule", "concurrency", "timeout_ms"})
MOST_SUBSCRIPTIONS = 100
"""Of a tenant."""


def create_subscription(*, tenant_id: UUID, by: Actor, facts: Mapping[str, Any]) -> IssuedSecret:
    """A new one, told of what happens from now on.

    Raises Forbidden, Invalid with every fault, Conflict when the slug is taken or the tenant has too many.
    """
    by.require(Right.CATALOGUE)
    refuse_others(facts, FACTS)
    _refuse_missing(facts)
    subscription = WebhookSubscription(tenant_id=tenant_id, **{"name": facts["slug"], **facts})
    refuse_faulty(subscription)
    refuse_guarded(by, subscription.event_types)
    if WebhookSubscription.objects.living().count() >= MOST_SUBSCRIPTIONS:
        raise Conflict(f"There are {MOST_SUBSCRIPTIONS} subscriptions already. Remove some, or let one hear more.")
    secret = new_secret()
    subscription.sealed_secret = seal_current(subscription, secret)
    subscription.position = head_of(tenant_id).sequence
    _insert(subscription)
    record_change(subscription, by.actor, "webhook_subscription.created")
    return IssuedSecret(subscription, secret)


def _insert(subscription: WebhookSubscription) -> None:
    try:
        with transaction.atomic():
            subscription.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"There is a subscription `{subscription.slug}` already. Choose another slug, or change that one."
        ) from error


def _refuse_missing(facts: Mapping[str, Any]) -> None:
    missing = [Fault(f"$.{name}", "This is needed.") for name in NEEDED if name not in facts]
    if missing:
        raise Invalid("The subscription says too little. See `errors`.", faults=missing)
