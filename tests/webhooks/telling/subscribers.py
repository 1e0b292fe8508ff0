"""Subscriptions for tests, the events that they are told of, and what becomes of a delivery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit import record
from accounts.caller import Caller
from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from tests.accounts.trails import seal_all
from tests.cast import CASTING
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.models.queued import QueueStatus
from webhooks.queue.claim import claim
from webhooks.queue.kinds import DELIVERIES
from webhooks.queue.lanes import FIRST, due_lanes
from webhooks.queue.shares import share
from webhooks.queue.types import Taken
from webhooks.subscriptions.create import create_subscription
from webhooks.subscriptions.secrets import IssuedSecret
from webhooks.telling.conclude import conclude
from webhooks.telling.fan_out import fan_out
from webhooks.telling.judge import Judgement
from webhooks.telling.pack import pack

URL = "https://hooks.acme.example/quartermaster"
EVERYTHING = ["*"]


def subscribed(tenant: Tenant, slug: str = "ops", **facts: Any) -> IssuedSecret:
    """A subscription with its secret, told of everything unless said otherwise."""
    chosen = {"slug": slug, "url": URL, "event_types": EVERYTHING, **facts}
    with within(tenant.id):
        return create_subscription(tenant_id=tenant.id, by=CASTING, facts=chosen)


def holding(tenant: Tenant, role: Role) -> Caller:
    """Somebody of this tenant in this role."""
    return Caller(tenant.id, tenant.slug, tenant.generation, role, person_id=UUID(int=7))


def happen(tenant: Tenant, action: str, subject: str = "execution:1", **detail: Any) -> None:
    """Something happens, and is sealed."""
    with within(tenant.id):
        record(tenant_id=tenant.id, actor="agent:1", action=action, subject=subject, detail=detail)
    seal_all(tenant.id)


def told(tenant: Tenant) -> list[tuple[str, str]]:
    """After a pass: to which subscription which event goes, in order."""
    fan_out()
    with within(tenant.id):
        rows = WebhookDelivery.objects.order_by("sequence", "subscription__slug")
        return list(rows.values_list("subscription__slug", "event_type"))


def deliveries(tenant: Tenant) -> Sequence[WebhookDelivery]:
    with within(tenant.id):
        return list(WebhookDelivery.objects.select_related("subscription").order_by("id"))


def as_it_stands(row: WebhookSubscription | WebhookDelivery) -> Any:
    """The row, read again."""
    with within(row.tenant_id):
        return type(row).objects.get(id=row.id)


def pause(delivery: WebhookDelivery, since: datetime) -> float:
    """How many seconds after that time it is due."""
    assert delivery.due_at is not None
    return (delivery.due_at - since).total_seconds()


def take() -> Taken:
    """The one delivery that is due, as a worker's hands take it."""
    with platform():
        (taken,) = claim(DELIVERIES, share(due_lanes(DELIVERIES, after=FIRST, most=10), free=1, held={})).taken
    return taken


def nothing_is_due() -> bool:
    with platform():
        return due_lanes(DELIVERIES, after=FIRST, most=10) == []


def attempted(tenant: Tenant, judgement: Judgement, *, at: datetime | None = None) -> WebhookDelivery:
    """The delivery that is due, after an attempt that went like this at this time."""
    started, taken = at or timezone.now(), take()
    packed = pack(taken, started)
    assert packed is not None
    assert conclude(taken, packed, judgement, started)
    with within(tenant.id):
        return WebhookDelivery.objects.get(id=taken.id)


def make_due(tenant: Tenant) -> None:
    """Time passes: whatever waits is due."""
    with within(tenant.id):
        WebhookDelivery.objects.filter(status=QueueStatus.WAITING).update(due_at=Now())
