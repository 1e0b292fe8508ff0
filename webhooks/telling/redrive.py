"""Redriving deliveries: those whose subscription was removed have nobody to go to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Caller
from webhooks.models import WebhookDelivery
from webhooks.queue.kinds import DELIVERIES
from webhooks.queue.redrive import Redriven, redrive


def redrive_deliveries(
    rows: QuerySet[WebhookDelivery],
    *,
    tenant_id: UUID,
    by: Caller,
    asked: Mapping[str, Any],
    idempotency_key: str | None = None,
    dry_run: bool = False,
) -> Redriven:
    """As `redrive`."""
    return redrive(
        DELIVERIES,
        rows.filter(subscription__deleted_at=None),
        tenant_id=tenant_id,
        by=by,
        asked=asked,
        idempotency_key=idempotency_key,
        dry_run=dry_run,
    )
